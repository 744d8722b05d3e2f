"""The operator's file of what codes mean."""

from thingdesk.diagnosis.descriptions import BadLine, read_descriptions


def test_quoted_and_plain_lines_are_read_and_bad_ones_reported() -> None:
    read = read_descriptions(
        [
            '"P0100","Mass or Volume Air Flow Circuit Malfunction"\n',
            "P0301, Cylinder 1 misfire\n",
            "\n",
            '"P0420","Catalyst, below threshold"\n',
            'P0302, "Misfire, cylinder 2"',
            "P0500\n",
            '"P0501","open\n',
            "P0502,\n",
            "P0301,other words\n",
        ]
    )
    assert read.words == {
        "P0100": "Mass or Volume Air Flow Circuit Malfunction",
        "P0301": "Cylinder 1 misfire",
        "P0302": "Misfire, cylinder 2",
        "P0420": "Catalyst, below threshold",
    }
    assert [bad.line for bad in read.bad] == [6, 7, 8, 9]
    assert read.bad[0] == BadLine(6, "1 columns where a code and its words belong")
    assert read.bad[3].reason == "P0301 has words already"
