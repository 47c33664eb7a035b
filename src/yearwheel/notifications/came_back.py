"""What became of letters that came back: who missed them, what is being done, who is told instead. Pure."""

from collections.abc import Iterator

from yearwheel.notifications.facts import Facts, Message
from yearwheel.notifications.ledger import OutboxStatus
from yearwheel.roster.people import ROLE_LABELS, Contact, Role, Roster


def tell_returns(facts: Facts) -> tuple[str, ...]:
    """A sentence for each letter that left and came back undelivered, in the order written."""
    back = (message for message in facts.messages if message.status is OutboxStatus.BOUNCED)
    return tuple(f"letter {m.id} of {m.send_on} to {_what_became(facts, m)}" for m in back)


def _what_became(facts: Facts, message: Message) -> str:
    contact = facts.roster.contacts.get(message.contact_key)
    if contact is None:
        return f"{message.contact_key}: they are not on the roster any more"
    who = f"{contact.name} ({contact.district_code})"
    if message.id in facts.back_for_now:
        return f"{who}: it could not be delivered then; their address is kept, and they are written to again"
    if contact.undeliverable is None:
        return f"{who}: their address was put right, and they are written to again"
    task = facts.bad_addresses.get(contact.key)
    asked = f"task {task} asks for the right one" if task else "no task is open about it any more"
    return (
        f"{who}: their address was given up, and {asked}; {'; '.join(_told_instead(facts.roster, contact))}"
    )


def _told_instead(roster: Roster, contact: Contact) -> Iterator[str]:
    """For each of a contact's roles who is told in it, now that mail does not reach them."""
    for role in sorted(contact.roles):
        names = [
            other.name
            for other in roster.holders(contact.district_code, Role(role))
            if other.key != contact.key and other.undeliverable is None
        ]
        yield f"{' and '.join(names) or 'nobody else'} is told as {ROLE_LABELS[role]}"
