# The words of the console, in English. Each key stands in ko.ftl too, with the same variables; a test compares
# the two.

## Places

overview = Overview
letters = Dead letters
letter = Dead letter
work = Work
read-models = Read models
asks = Requests
places = Places
to-content = To the content
find-petition = Petition or receipt number
sign-out = Sign out
as-of = As of position
went-backwards = the read model was further on before; effects may be missing for a while
next-part = Next page

## Signing in

sign-in-title = Operator's console
sign-in-credential = Secret or token
sign-in-refused = That does not let anybody in. Is it complete, and still good?
sign-in-too-many = { $count ->
    [one] Too many have been refused lately. Try again in { $count } minute; nothing was looked at.
   *[other] Too many have been refused lately. Try again in { $count } minutes; nothing was looked at.
}
sign-in = Sign in
forbidden-look = Whoever this is may not look here. Ask for the role "look".
forbidden-read = This shows what petitions say, and needs the role "read".
forbidden-mend = This changes something, and needs the role "mend".
forbidden-approve = This needs the role "approve".
forged = This form is not of your session. Go back, load the page again, and send it from there. Nothing was done.

## What cannot be answered

malformed-form = The form cannot be read. Nothing was done.
malformed-filter = The address names nothing that there can be.
malformed-place = The address names no place of this list; begin at its first page.
no-such-page = There is no such page.
no-such-petition = There is no petition with this id or receipt number here.
several-petitions = Several petitions claim this receipt number; look for one by its id.
no-such-letter = This is no dead letter any more: it was handled or decided meanwhile.
no-such-ask = There is no such request; those of before the service was started are gone, and what was decided stands in the log.
ask-is-decided = This request is decided already.
own-ask = Somebody else than who asked has to approve.
too-many-asks = Too many requests wait or run; see to those first.
letters-changed = Other letters have come in since these were shown. Look again; nothing was done.
no-reason = This needs a reason. Nothing was done.
reason-too-long = The reason is too long. Nothing was done.
no-answer = There is no answer now:
no-token = This needs a token: Authorization: Bearer … with each request. Cookies are not looked at here.
malformed-request = The request says nothing that there can be. Nothing was done.
no-such-method = Nothing of that kind can be asked here.
too-long = The request is too long. Nothing was done.
other-operator = The token is of somebody else than who was named. Nothing was done.
too-many-waits = Too many wait for something to happen; ask again later.

## Overview

all-is-well = All is well.
not-live = The service is broken and has to be started again.
ending = The service is ending, and takes nothing on.
not-ready = The service does not do all of its work.
something-is-wrong = Something needs you.
letters-no-answer = How many dead letters there are cannot be said:
letters-open = { $count ->
    [0] No event is held up.
    [one] { $count } event could not be handled.
   *[other] { $count } events could not be handled.
}
letters-open-advice = Mend the cause, then have them tried again.
register-fails = Of the last { $of } documents that a register was asked for, { $count } could not be made.
register-fails-advice = See why in the events, and whether the register works. What it did not answer it is asked again by itself; what it refused has failed, and its petitioner is told.
newer-keys = { $count ->
    [one] { $count } key waits for a newer version of this program.
   *[other] { $count } keys wait for a newer version of this program.
}
passed-over = { $count ->
    [one] { $count } event stands in no category that is followed.
   *[other] { $count } events stand in no category that is followed.
}
letters-by-cause = Dead letters by cause
more-causes = { $count ->
    [one] { $count } more cause
   *[other] { $count } more causes
}
today = Today
due-today = Due today
late = Late
asks-open = Requests under way
pace = The last ten minutes
pace-folded = Events into read models
pace-handled = Events handled by reactors
pace-behind = Oldest waits
no-samples = Nothing was measured yet; look again in some seconds.
parts = Parts
part = Part
state = State
since = Since
running = running
paused = paused, goes on by itself
stopped = stopped
being-built = being built
stuck = stuck
start-again = Have what has stopped begin again
advice-passing = Nothing; if it lasts, see whether what the cause names can be reached.
advice-contended = Nothing; if it lasts, see who else writes there.
advice-newer = Update this program: a newer one wrote what it cannot read.
advice-misconfigured = Change what the cause names, then have it begin again.
advice-damaged = Copy the store as it is, see what the cause names, then have it begin again.
advice-bug = Start the service again, and report the cause.
advice-asked-to-stop = It was asked to stop; start the service again.
advice-being-built = Wait: it reads the log for the first time, or anew.
advice-stuck = See whether the store that it writes to answers.
advice-stuck-reactor = See whether what it asks answers: the mail server, a register, or the store that its commands write to.

## Dead letters

no-letters = There is no dead letter here.
all-letters = All dead letters
by-cause = By cause
by-consumer = By consumer
by-type = By event
grouped-by = Counted by
count = Count
cause = Cause
consumer = Consumer
event-type = Event
petition = Petition
attempts = Attempts
parked = Parked
error = Error
error-class = Class
stream = Stream
history = What was done about it
payload = Payload
retry-requested = is to be tried again
parked-behind = { $count ->
    [0] Nothing waits behind it
    [one] { $count } event waits behind it
   *[other] { $count } events wait behind it
}
letter-queue-opened = queue opened
letter-added = could not be handled
letter-parked = waits behind another
letter-retry-requested = is to be tried again
letter-retry-failed = failed again
letter-released = was handled
letter-skipped = was skipped
letter-compensated = was compensated

## What is asked to be done

act = What
act-retry = Try again
act-skip = Skip
act-compensate = Compensate
retry-means = One is tried first; then more and more at a time, on while all goes well. The order of a petition's events is kept.
skip-means = The consumers go on without these events for ever, also when a read model is built anew. What waits behind them follows. Try again first.
compensate-means = The consumers make up for these events and go on without them for ever. What waits behind them follows.
needs-approval = Somebody else has to approve of it before it is done.
preview-letters = { $count ->
    [one] { $count } event
   *[other] { $count } events
}
preview-petitions = { $count ->
    [one] of { $count } petition
   *[other] of { $count } petitions
}
preview-due = { $count ->
    [0] and none of them due today or late.
    [one] and { $count } of them due today or late.
   *[other] and { $count } of them due today or late.
}
preview-due-at-least = and at least { $count } of them due today or late.
preview-due-unknown = and it cannot be said now which of them are due today.
letters-count = { $count ->
    [one] { $count } event
   *[other] { $count } events
}
more-letters = and { $count } more
reason = Reason
leave-it = Leave it
by = By
no-asks = Nothing was asked for since the service was started.
approve = Approve
turn-down = Turn down
take-back = Take back
stop = Stop
ask-waits = waits for somebody else to approve
ask-begins = begins { $count } s after it was asked for, and can be taken back until then
ask-runs = under way
ask-done = done
ask-stopped = stopped
ask-failed = ended, as one failed
ask-turned-down = turned down
failed-again = { $count ->
    [one] { $count } failed again.
   *[other] { $count } failed again.
}

## A petition

petition-stuck = { $count ->
    [one] Stuck: { $count } of its events could not be handled.
   *[other] Stuck: { $count } of its events could not be handled.
}
view-is-whole = Those who ask are told all of this
view-is-behind = Those who ask are not told all of this yet:
story = What happened
kind-petition = Petition
kind-document = Documents
failed-only = What failed alone
cannot-be-read = This program cannot read it:
clock-runs = From here on its time runs.
clock-stands = From here on its time stands still.
due = Due

## Messages

messages = Messages
no-index = This service keeps no index of messages, so none can be looked for here; it keeps one where it is built with `index_messages`.
no-messages = There is no such message on this page.
no-such-event = The log has no such event.
not-a = This cannot be meant:
subject = Petition
types = Events, with commas between them
service = Service, or the beginning of its name
correlation = Request
trace = Trace
before = Before
unreadable = what cannot be read
find = Find
failed = what is held up alone
failed-are = What a consumer could not handle, and what waits behind it, of the petitions that got stuck last first.
held-up = Held up
held-by = { $consumer } could not handle it
held-behind = waits behind another, for { $consumer }
held-more = ({ $count } more wait behind it than are shown here)
find-all = All messages
recorded = Recorded
occurred = Occurred
command = Command
causes-and-effects = What caused it and what it caused
tree-is-cut = The request led to more than is shown here.

## Flow

flow = Flow
flow-is = Which events led to which, as the log says that it happened: what a command led to, and what a part of the service did about an event.
flow-picture = The flow of events
flow-said = The table below says the same.
flow-table = What led to which events, the most frequent first
flow-commands = gives commands
flow-a-command = a command
flow-elsewhere = an event elsewhere
flow-is-cut = The { $count } most frequent are drawn; the table has all of them.
nothing-happened = Nothing has happened yet.
no-index-flow = This service keeps no index of messages, by which the flow is counted; it keeps one where it is built with `index_messages`.

## Work

waiting = Waiting
wait-for = Waits for
wait-hours = Longer than, in hours
wait-register = the register
wait-agency = another agency's opinion
wait-supplement = a supplement
wait-officer = an officer
wait-notice = notice of the decision
wait-letter = a dead letter
wait-none-here = None of those on this page; the next page looks on.
wait-unknown = Known is what the newest steps of a petition say. Of several attempts, or several agencies, asked at a time it is not known which has answered; nor, of an event behind a dead letter, since when that event itself waits.
awaiting = Supplement awaited
by-department = By department
by-officer = By officer
officer = Officer
receipt = Receipt number
petition-type = Type
status = Status
nothing-here = There is nothing here.
nothing-open = Nothing is open.

## Read models

log-ends-at = The log ends at position
read-model = Read model
schema = Schema
generation = Generation
position = Position
slices = Slices
folded = Events folded
behind-since = Uncommitted since
answers = answers
earlier = earlier version
not-promoted = Does not answer yet:
reactors = Reactors
since-start = Counted since the service was started.
reactor = Reactor
handled = Events handled
generations = Generations
role = Role
answered-before = answered before
role-next = next
role-beside = spare
role-gone = retired or lost
other-fold = another program's
held-keys = Keys held back
is-complete = complete
not-complete = not complete
stands-still = begun before, stands still
act-rebuild = Build anew
act-resume = Go on with it
act-stop-build = Stop building
act-verify = Prove against the log
act-stop-verification = Stop proving
act-promote = Let it answer
act-promote-despite-held = Let it answer all the same
act-roll-back = Go back to it
act-retire = Remove
rebuild-means = The log is folded again from its beginning, beside the generation that answers. Nothing that is asked changes until you let the new one answer. It takes a share of the machine, and room for a second generation.
resume-means = It goes on from where it is, and does not answer until you let it.
stop-build-means = What is built of it stays; it can be gone on with, or removed.
verify-means = The log is folded again and compared with all that the generation holds, while everything goes on. It needs memory for all of its views, and changes nothing.
stop-verification-means = Nothing is lost by it; it begins anew the next time.
promote-means = From now on it answers in place of the one that does, which stays as it is, to go back to. It is waited for some seconds until it has caught up.
promote-despite-held-means = It holds more keys back than the one that answers. Of each of those whoever asks is shown the petition as it was before the event that could not be folded, until its dead letter is seen to. Mend the cause first if you can.
roll-back-means = It answers from now on in place of the one that does. It was not kept up to date since; nobody is shown less than before, and it catches up by itself.
retire-means = It is removed with all that it holds, and cannot be gone back to. Others of this read model stay.
plan-events = { $count ->
    [one] { $count } event is folded.
   *[other] { $count } events are folded.
}
plan-events-about = { $count ->
    [one] About { $count } event is folded.
   *[other] About { $count } events are folded.
}
plan-time = As fast as the last time it takes about { $time }.
plan-time-unknown = How long it takes is not known yet: it was not built since this service was started.
holds-more = It holds more keys back than the one that answers. See to its dead letters, or decide to let it answer all the same.
build-of = Building
verification-of = Proving
build-runs = under way
build-done = complete, follows the log; it does not answer until you let it
build-waits = something is in the way; it goes on by itself
build-stopped = stopped
build-failed = failed
verified-sound = it is what the log says
verified-different = it is not what the log says
verified-items = { $count ->
    [one] { $count } thing compared
   *[other] { $count } things compared
}
verified-differences = { $count ->
    [0] none differs
    [one] { $count } differs
   *[other] { $count } differ
}
folded-count = { $count ->
    [one] { $count } event folded
   *[other] { $count } events folded
}
per-second = { $count ->
    [one] { $count } event/s
   *[other] { $count } events/s
}
took = took { $time }
time-left = about { $time } left
time-left-unknown = time left not known yet
item-view = View
item-lookup = Lookup
item-listed = Place in list
item-count = Count in
item-other = Something of a newer program
is-missing = missing
is-unexpected = should not be there
is-different = different
no-such-generation = There is no such generation (any more).
generation-other-fold = This generation is of another program's fold; it is seen to with that program.
generation-under-way = Another generation is being built, or was begun and stands still. Let it answer, go on with it or remove it first. Nothing was done.
generation-not-to-be-built = There is nothing to go on with: it answers, or did, or the service builds it by itself.
verification-under-way = Another generation is being proved. Wait for that, or stop it.
not-under-way = It is not under way here any more.
generation-changed = Another generation answers than when this was shown. Look again; nothing was done.
generation-not-ready = It is not complete. Wait until it is, or go on with it. Nothing was done.
generation-behind = It is behind the one that answers. Go on with it, and let it answer when it has caught up. Nothing was done.
generation-answers = It answers; let another one answer first. Nothing was done.
