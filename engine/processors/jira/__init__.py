"""Jira, Cloud and Data Center: `maker` connects, `processor` converses, the rest is pure."""
