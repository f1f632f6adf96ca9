"""What an editor asks about a definition: pure answers, one question a file; `server` speaks the protocol.

Places are character offsets into a buffer's text as the editor sent it. `Text` turns them into the bytes of our own
ranges and into the lines and units of the protocol.
"""
