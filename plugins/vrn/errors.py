"""The errors that people meet. Each sentence says what is wrong, where, and what to do; none holds a person's value."""


class VrnError(Exception):
    """Something a person has to put right."""


class ContractError(VrnError):
    """A feed file in expectations/ breaks the grammar."""


class SubmissionRefused(VrnError):
    """A delivery cannot be accepted; the last good data stays.

    rule_code: the rule that refused it, as kept in ops.message.
    """

    def __init__(self, rule_code: str, message: str):
        super().__init__(f"{rule_code}: {message}")
        self.rule_code = rule_code
        self.message = message


class SecretMissing(VrnError):
    """A key or password that a step needs is not there; the step stops before it reads anything."""


class HomeError(VrnError):
    """The place to run in (port, disk, user, services) is not fit."""
