"""The love doorbell's gateway and its operator's command (爱心门铃)."""

__version__ = "0.1.0"
