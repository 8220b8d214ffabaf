"""What lives inside the user's app or beside it: the event, the envelope, the SDK, the log and its doors.

Imports nothing heavy: msgspec, kafka-python, crc32c and zstandard, the last three only when they are first needed.
"""
