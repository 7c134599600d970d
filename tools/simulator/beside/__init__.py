"""Other people's MQTT clients beside our firmware: the same faults, at the same moment.

Nothing of theirs is in this repository: who compares puts them beside it.
"""
