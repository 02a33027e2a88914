"""Decoders of one shape side by side, as functions of their weights; their memory, and their folders."""
