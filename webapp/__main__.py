"""`python -m webapp` and the command `interleave`.

The fork server of the labs imports this module again in every process it makes, so it imports nothing until it is called.
"""


def main() -> None:
    from webapp.cli import cli
    from webapp.standard_output import standard_output

    with standard_output():
        cli()


if __name__ == "__main__":
    main()
