"""Measurements: each figure beside a reference from the same run, so that the ratio survives another machine."""
