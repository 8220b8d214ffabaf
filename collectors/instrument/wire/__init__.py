"""The forms in which providers take requests and answer, one file each: pure functions from their JSON to fields."""
