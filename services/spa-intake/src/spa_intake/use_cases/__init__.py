"""One file per step that staff, a ward system or a message takes."""
