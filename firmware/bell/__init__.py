"""The firmware of the love doorbell: one package for the button and the chime."""

VERSION = "0.1.0"
