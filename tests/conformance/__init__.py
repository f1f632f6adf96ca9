"""Interlock's HCL held against the reference implementation. `make conformance` runs it; it needs Go and is no part of the tests."""
