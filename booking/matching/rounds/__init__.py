"""Allocation rounds: classes rank what they wish for, an officer shares the places out by a rule that anybody can replay."""
