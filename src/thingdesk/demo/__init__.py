"""A desk at work: a fleet, its faults, and how they end, in a minute.

The desk is a process of its own, and so is everybody who deals with it: machines (over real MQTT
and HTTP, by the library that products use), providers (webhooks in, signed links out), owners (they
read mails and fill in the page's form). Nobody of them sees the desk's tables, and what is shown
and counted comes from what they noted themselves: the machines' queues, the others' ledgers.

`plan` says who there is and what breaks when; the same at every run. `pack` has the ready packs'
services with seconds in place of hours. The rest plays it (`cars`, `presses`, `meters`,
`assistants`, `providers`, `owners`), starts and ends it (`stage`), and counts (`tally`).
"""
