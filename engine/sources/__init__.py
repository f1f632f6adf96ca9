"""Who sends webhooks: how each signs, what it calls things, and which events a delivery means for which machine."""
