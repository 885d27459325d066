"""What changes, told at once: the event log's readers, the sockets of a process, and who is looking at a ticket."""
