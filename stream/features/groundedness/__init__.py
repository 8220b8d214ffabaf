"""How far an answer is supported by what the call was given, sentence by sentence."""
