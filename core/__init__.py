"""Mixdesk without the browser: the stages, their bricks, the workspace and the training backend."""
