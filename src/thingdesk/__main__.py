from thingdesk.cli import main

main(prog_name="thingdesk")
