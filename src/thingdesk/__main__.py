from thingdesk.commands import main

main(prog_name="thingdesk")
