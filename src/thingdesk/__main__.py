from thingdesk.cli import main

main()
