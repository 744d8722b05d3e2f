"""Commands: effects on a machine, put out until the machine says what became of them.

What enters: a command of a journey, results of the machine. What leaves: the command, again and
again until its result is there or its time is over, its recall when it is taken back, and a message
to the journey. Always true: a command has one result, from its own machine, however late it comes;
until then nobody says what became of a command that was put out.
"""
