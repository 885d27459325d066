"""`script/chaos`: six writers use the running program while its processes are killed, frozen and starved of disk.

Afterwards every write that was acknowledged must be there once and whole, and every other one at most once.
"""
