"""What lives inside the user's app or beside it: the event, the envelope, the SDK, the log and its doors.

Imports nothing heavy: msgspec and zstandard, and when they are first needed kafka-python and crc32c.
"""
