"""SCXML documents as definitions: what they say is said in the language, and what cannot be said is reported. Pure."""
