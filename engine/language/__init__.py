"""HCL: text in, a tree with positions and diagnostics out. No I/O but the grammar that travels with the package."""
