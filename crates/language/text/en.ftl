# All that people are told, in English.
#
# Each key stands in ko.ftl too, with the same variables; a test compares the two.

## Laws

-act = Civil Petitions Treatment Act
-decree = Enforcement Decree of the Civil Petitions Treatment Act
-rule = Enforcement Rule of the Civil Petitions Treatment Act

## Dates, times, periods, amounts

date = { $day } { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[12] December
} { $year }
instant = { $date }, { $time } (Seoul)
period-immediate = immediately
period-working-hours = { $count ->
    [one] { $count } hour
   *[other] { $count } hours
}
period-days = { $count ->
    [one] { $count } day
   *[other] { $count } days
}
period-weeks = { $count ->
    [one] { $count } week
   *[other] { $count } weeks
}
period-months = { $count ->
    [one] { $count } month
   *[other] { $count } months
}
period-years = { $count ->
    [one] { $count } year
   *[other] { $count } years
}
won = { $amount } won
# Time within office hours.
working-time = { $hours ->
    [one] { $hours } hour
   *[other] { $hours } hours
}{ $minutes ->
    [0] {""}
    [one] {" "}{ $minutes } minute
   *[other] {" "}{ $minutes } minutes
}

## Public holidays

day-kind-working = Working day
day-kind-saturday = Saturday
day-kind-sunday = Sunday

holiday-new-year = New Year's Day
holiday-seollal-eve = Day before Seollal
holiday-seollal = Seollal
holiday-seollal-next = Day after Seollal
holiday-independence-movement-day = Independence Movement Day
holiday-labour-day = Labour Day
holiday-buddhas-birthday = Buddha's Birthday
holiday-childrens-day = Children's Day
holiday-memorial-day = Memorial Day
holiday-constitution-day = Constitution Day
holiday-liberation-day = Liberation Day
holiday-chuseok-eve = Day before Chuseok
holiday-chuseok = Chuseok
holiday-chuseok-next = Day after Chuseok
holiday-national-foundation-day = National Foundation Day
holiday-hangul-day = Hangul Day
holiday-christmas = Christmas
holiday-armed-forces-day = Armed Forces Day
holiday-presidential-election = Presidential Election Day
holiday-national-assembly-election = National Assembly Election Day
holiday-local-elections = Local Elections Day
holiday-temporary = Temporary public holiday
# A temporary holiday with a name.
holiday-temporary-for = Temporary public holiday ({ $holiday })
holiday-substitute = Substitute for { $holiday }
# A day that is computed, as it was not published yet.
holiday-computed = { $holiday } (provisional)
holiday-joined = { $first } and { $second }

## Sorts of petitions

category-general = General
category-car = Vehicle register
category-building = Building register

petition-kind-statutory = Statutory petition
petition-kind-inquiry = Inquiry
petition-kind-suggestion = Suggestion
petition-kind-other = Other petition
petition-kind-grievance = Grievance

service-type-instant-issuance = Instant issuance
service-type-deadline-bound = Deadline-bound
service-type-unlinked = Unlinked

channel-online = Electronic petition window
channel-counter = At the counter
channel-post = Post
channel-email = E-mail
channel-telephone = Telephone
channel-oral = By word of mouth
channel-kiosk = Unattended issuing kiosk

petitioners-few = One petitioner or a few
petitioners-many = Multi-person petition

grouping-officer = By officer in charge
grouping-department = By responsible department
grouping-kind = By kind of petition
grouping-agency = By agency
grouping-category = By category

## States and outcomes

application-status-submitted = Submitted
application-status-received = Received
application-status-in-review = In review
application-status-awaiting-supplement = Awaiting a supplement
application-status-suspended = Processing period suspended
application-status-approved = Approved
application-status-rejected = Rejected
application-status-under-objection = Under objection
application-status-completed = Completed
application-status-returned = Returned
application-status-withdrawn = Withdrawn
application-status-closed = Closed

issuance-status-requested = Requested
issuance-status-authorized = Authorized
issuance-status-generating = Being generated
issuance-status-issued = Issued
issuance-status-ready-for-pickup = Ready for pick-up
issuance-status-expired = Verification expired
issuance-status-cancelled = Cancelled
issuance-status-failed = Failed
issuance-status-revoked = Revoked
issuance-status-discarded = Discarded uncollected

completion-outcome-granted = Granted
completion-outcome-refused = Refused
completion-outcome-answered = Answered

objection-outcome-upheld = Upheld
objection-outcome-dismissed = Dismissed

verification-verdict-genuine = This document is genuine.
verification-verdict-expired = This document was issued, but the time in which it can be verified is over.

document-verdict-genuine = This document is genuine.
document-verdict-expired = This document was issued, but the time in which it can be verified is over.
document-verdict-revoked = This document was issued and has been revoked; it is no longer valid.
document-verdict-unknown = No such document was issued.

## Steps of a petition

step-kind-submitted = Submitted
step-kind-received = Received
step-kind-progress = Work recorded
step-kind-supplement-requested = Supplement requested
step-kind-supplemented = Supplemented
step-kind-deadline-missed = Due date missed
step-kind-progress-notified = Notified of the progress
step-kind-reminded = Reminded
step-kind-approved = Approved
step-kind-rejected = Rejected
step-kind-withdrawn = Withdrawn
step-kind-completed = Completed
step-kind-supplement-extended = Supplement period extended
step-kind-supplement-requested-again = Supplement requested again
step-kind-supplement-undeliverable = Supplement request undeliverable
step-kind-returned = Returned
step-kind-deemed-withdrawn = Deemed withdrawn
step-kind-suspended = Processing period suspended
step-kind-resumed = Processing period resumed
step-kind-extended = Processing period extended
step-kind-extended-again = Processing period extended again
step-kind-due-recalculated = Due date counted again
step-kind-result-notified = Notified of the result
step-kind-objection-filed = Objection filed
step-kind-objection-extended = Time to decide the objection extended
step-kind-objection-upheld = Objection upheld
step-kind-objection-dismissed = Objection dismissed
step-kind-receipt-slip-issued = Receipt slip issued
step-kind-clerical-error-corrected = Clerical error corrected
step-kind-assigned = Officer assigned
step-kind-reassigned = Officer changed
step-kind-transferred-to-department = Transferred to another department
step-kind-transferred-to-agency = Transferred to another agency
step-kind-consultation-requested = Another agency consulted
step-kind-consultation-extended = Consultation extended
step-kind-consultation-replied = Consulted agency answered
step-kind-modified = Modified
step-kind-merged = Merged
step-kind-closed-as-repeated = Closed as repeated
step-kind-closed-as-exempt = Closed as exempt
step-kind-closed-uncollected = Closed uncollected
step-kind-document-requested = Document requested
step-kind-identity-verified = Identity verified
step-kind-fee-assessed = Fee assessed
step-kind-fee-paid = Fee paid
step-kind-fee-waived = Fee waived
step-kind-fee-refunded = Fee refunded
step-kind-source-requested = Source data requested
step-kind-source-retrieved = Source data received
step-kind-source-failed = Source data not available
step-kind-document-issued = Document issued
step-kind-result-entered = Result entered by hand
step-kind-document-viewed = Document viewed
step-kind-document-printed = Document printed
step-kind-document-delivered = Electronic certificate delivered
step-kind-document-ready = Ready for pick-up
step-kind-document-collected = Document collected
step-kind-document-discarded = Document discarded
step-kind-document-verified = Document verified
step-kind-verification-expired = Verification expired
step-kind-issuance-cancelled = Issuance cancelled
step-kind-issuance-failed = Issuance failed
step-kind-document-revoked = Document revoked

stage-submission = Submission
stage-receipt = Receipt
stage-review = Review
stage-supplement = Supplement
stage-deadline = Due date
stage-notice = Notice
stage-decision = Decision
stage-withdrawal = Withdrawal
stage-completion = Completion
stage-return = Return
stage-clock = Processing period
stage-objection = Objection
stage-assignment = Assignment
stage-transfer = Transfer
stage-consultation = Consultation
stage-modification = Modification
stage-closing = Closing
stage-request = Request of a document
stage-identity = Identity
stage-fee = Fee
stage-source = Source data
stage-issuance = Issuance
stage-delivery = Delivery
stage-verification = Verification
stage-revocation = Revocation

## Dues

remaining-running = Working time left: { $left }
remaining-standing = Working time left: { $left }; suspended: { $stop }
remaining-overdue = Overdue by { $by } of working time

deadline-kind-application-due = Petition due: { $due }
deadline-kind-supplement-due = Supplement due: { $due }
deadline-kind-progress-notice = Progress notice number { $number }
deadline-kind-objection-period = Objection until: { $due }
deadline-kind-source-retry = Source data, attempt { $attempt }: { $issuance }
deadline-kind-verification-end = End of verification: { $issuance }
issuance-id = { $petition } (issuance { $attempt })

## Grounds and ways

extension-ground-cooperation = cooperation of other agencies
extension-ground-site-check = establishing facts or visiting the site
extension-ground-force-majeure = force majeure
extension-ground-like-reason = another reason of this sort
extension-ground-workload = workload
extension-ground-late-assignment = late assignment of an officer
extension-ground-absence = absence of the officer in charge

suspension-ground-transport = transport of documents between distant agencies
suspension-ground-representative = choice of a representative
suspension-ground-hearing = hearing or gathering of opinions
suspension-ground-examination = experiment, inspection or expert review
suspension-ground-preceding-matter = decision of a preceding matter
suspension-ground-shared-document = document by joint use of administrative information
suspension-ground-preceding-petition = preceding petition
suspension-ground-investigation = investigation of a grievance on the spot
suspension-ground-outage = system outage

exemption-ground-politics-or-secrets = highly political judgement, or secrets of the state or of office
exemption-ground-investigation-trial-or-audit = criminal investigation, trial, execution of a sentence, or audit under way
exemption-ground-remedy-under-way = remedy under way: appeal, lawsuit, constitutional complaint or request for review
exemption-ground-mediation-under-way = conciliation, mediation or arbitration under way by law
exemption-ground-settled-rights = rights fixed by judgement, ruling, settlement, mediation or arbitration
exemption-ground-audit-board-resolution = act of the Board of Audit and Inspection by decision of its council
exemption-ground-election-commission-resolution = act of an election commission by resolution
exemption-ground-private-affairs = rights between private persons, or private life
exemption-ground-personnel-matters = personnel matters of the agency's own staff

stop-cause-supplement = supplement requested
stop-cause-suspension = { $cause }
stop-cause-refusal = refusal
clock-stop = { $cause }, since { $since }

reminder-subject-supplement-overdue = Supplement overdue
reminder-subject-petition-overdue = Petition overdue

lack-seen-on-receipt = Seen on receipt
lack-seen-later = Seen later

due-basis-statute = Counted by the statute
due-basis-told = Given by another system

identity-method-joint-certificate = Joint certificate
identity-method-simple-authentication = Simple authentication
identity-method-mobile-identity-card = Mobile identity card
identity-method-identity-card = Identity card
identity-method-fingerprint = Fingerprint

fee-consequence-kept = Not refunded
fee-consequence-refunded = Refunded

delivery-way-wallet = Electronic document wallet
delivery-way-e-mail = E-mail
delivery-way-agency = Agency

## What petitioners and officers can do, as in "you cannot … this petition"

command-submit = submit
command-receive = receive
command-record-progress-of = record progress of
command-request-a-supplement-to = request a supplement to
command-supplement = supplement
command-note-the-missed-due-of = note the missed due date of
command-notify-the-progress-of = notify the petitioner of the progress of
command-issue-a-reminder-for = issue a reminder for
command-approve = approve
command-reject = reject
command-withdraw = withdraw
command-complete = complete
command-extend-the-supplement-period-of = extend the supplement period of
command-request-again-a-supplement-to = request again a supplement to
command-note-the-undeliverable-request-to = note an undeliverable supplement request to
command-return = return
command-deem-withdrawn = deem withdrawn
command-stop-the-clock-of = suspend the processing period of
command-resume-the-clock-of = resume the processing period of
command-extend-the-period-of = extend the processing period of
command-extend-again-the-period-of = extend again the processing period of
command-recalculate-the-due-of = count again the due date of
command-notify-the-result-of = notify the petitioner of the result of
command-object-to = object to the refusal of
command-extend-the-objection-period-of = extend the time to decide the objection to
command-uphold-the-objection-to = uphold the objection to
command-dismiss-the-objection-to = dismiss the objection to
command-register-after-an-outage = register after an outage
command-issue-a-receipt-slip-for = issue a receipt slip for
command-correct-a-clerical-error-in = correct a clerical error in
command-agree-to-correct = agree to a correction of
command-assign = assign
command-reassign = reassign
command-transfer-to-another-department = transfer to another department
command-transfer-to-another-agency = transfer to another agency
command-consult-another-agency-about = consult another agency about
command-enter-an-agency-s-answer-to = enter an agency's answer about
command-extend-the-consultation-about = extend the consultation about
command-modify = modify
command-merge = merge
command-close-as-repeated = close as repeated
command-close-as-exempt = close as exempt
command-close-as-uncollected = close as uncollected
command-request = request
command-verify-the-identity-for = verify the identity for
command-assess-the-fee-of = assess the fee of
command-pay-the-fee-of = pay the fee of
command-waive-the-fee-of = waive the fee of
command-authorize = authorize
command-fetch-source-data-for = fetch source data for
command-note-the-source-data-of = note the source data of
command-note-a-failed-fetch-of = note a failed fetch of source data for
command-issue-a-document-for = issue a document for
command-enter-a-result-for = enter a result for
command-view-the-document-of = view the document of
command-print-the-document-of = print the document of
command-deliver-the-document-of = deliver the document of
command-make-ready-for-pick-up = make ready for pick-up
command-collect-the-document-of = collect the document of
command-discard-the-document-of = discard the document of
command-verify-the-document-of = verify the document of
command-end-the-verification-of = end the verification of
command-fail = give up
command-cancel = cancel
command-revoke = revoke

## Words within the sentences below

takes-received = Received
takes-submitted-or-received = Submitted or Received

what-reasons = reasons
what-remedies = remedies
what-conditions = conditions
what-corrections = corrections
what-missing-items = missing items
what-attachments = attachments

article-d6-5 = { -decree }, Article 6(5)
article-a21 = { -act }, Article 21
article-a23 = { -act }, Article 23
article-a16 = { -act }, Article 16
article-a22-1 = { -act }, Article 22(1)
article-a22-2 = { -act }, Article 22(2)
article-a27-1 = { -act }, Article 27(1)
article-a27-3 = { -act }, Article 27(3)
article-a27-4 = { -act }, Article 27(4)
article-a35-1 = { -act }, Article 35(1)
article-a35-2 = { -act }, Article 35(2)
article-d6-2 = { -decree }, Article 6(2)
article-d6-7 = { -decree }, Article 6(7)
article-d21-1 = { -decree }, Article 21(1)
article-d23-1 = { -decree }, Article 23(1)
article-d24-2 = { -decree }, Article 24(2)
article-d24-3 = { -decree }, Article 24(3)
article-d25-1 = { -decree }, Article 25(1)
article-d25-2 = { -decree }, Article 25(2)
article-d25-4 = { -decree }, Article 25(4)

cause-the-filing = the submission
cause-the-filing-at-the-agency = the submission to the agency
cause-the-receipt = the receipt
cause-the-end-of-the-last-stop-of-the-clock = the last resumption of the processing period
cause-the-stop-of-the-clock = the suspension of the processing period
cause-the-first-extension = the first extension
cause-the-request-for-the-supplement = the supplement request
cause-the-second-request-for-it = the second supplement request
cause-the-failed-delivery-before = the failed delivery before
cause-the-question-to-the-agency = the question to the agency
cause-the-answer-to-the-question-before = the answer to the question before
cause-the-last-assignment-or-transfer = the last assignment or transfer
cause-the-notice-of-the-refusal = the notice of the refusal
cause-the-objection = the objection
cause-the-issue-of-the-document = the issue of the document
cause-the-question-to-the-register = the question to the register
cause-the-answer-of-the-register = the answer of the register
cause-the-failure-of-the-register = the failure of the register
cause-the-time-since-which-the-document-waits = the time since which the document waits

## Why a petition does not take a command

application-rejection-not-submitted = You cannot { $command } a petition that was never submitted. Please check its number.
application-rejection-already-submitted = This petition was submitted already (status: { $status }). Please submit a new one under a new number.
application-rejection-foreign-category = A petition of the category { $asked } cannot be submitted under the category { $own }. Please submit it under its own.
application-rejection-must-be-written = A petition that is no "other petition" must be in writing (kind: { $kind }, channel: { $channel }; { -act }, Article 8).
application-rejection-too-many = There are too many { $what }: { $count }, and at most { $count_max } can be entered. Please put the rest into an attachment.
application-rejection-already-received = This petition was received already, under number { $receipt_number }.
application-rejection-not-received = You cannot { $command } a petition that was not received. Please receive it first.
application-rejection-not-in-review = You cannot { $command } a petition that is not in review. Please assign it, or record progress, first.
application-rejection-undecided = You cannot { $command } a petition that is undecided (kind: { $kind }). Please approve or reject it first.
application-rejection-supplement-awaited = You cannot { $command } a petition while a supplement is awaited (due: { $due }).
application-rejection-no-supplement-awaited = No supplement to this petition is awaited (status: { $status }).
application-rejection-nothing-missing = A supplement request must say what is missing.
application-rejection-supplement-due-too-early = The supplement must be due later than its request (due: { $due }, requested: { $requested_at }).
application-rejection-supplement-requested-late = What was seen to be missing on receipt had to be asked for in time (until: { $due }, asked: { $at }; { -rule }, Article 9). Please say so if it was seen only later.
application-rejection-supplement-period-too-short = The supplement period is too short (due: { $due }, requested: { $requested_at }, working days at least: { $days_min }; { -act }, Article 22(1)).
application-rejection-supplement-extended-twice = The supplement period can be extended twice, and it was ({ -decree }, Article 24(2)).
application-rejection-supplement-rerequested = The supplement can be requested again once, and it was ({ -decree }, Article 24(3)). Please return the petition when it is overdue ({ -decree }, Article 25).
application-rejection-wrong-attempt = The attempt to be noted next is number { $next }, not { $number }.
application-rejection-may-be-reached = A petition is deemed withdrawn only after two supplement requests were undeliverable (undeliverable: { $undelivered }; { -decree }, Article 25(2)).
application-rejection-period-over = A period that is over is not extended (due: { $due }, extension: { $at }).
application-rejection-period = { $cause }
application-rejection-extension = { $cause }
application-rejection-not-extended-yet = The processing period was not extended yet. Please extend it a first time, which takes no consent ({ -decree }, Article 21(1)).
application-rejection-consent-of-another = A second extension takes the consent of the petitioner ({ -decree }, Article 21(1), proviso).
application-rejection-due-not-counted = You cannot { $command } a petition whose due date was given by another system, as it is unknown how it was counted.
application-rejection-calendar = The due date cannot be counted. { $cause }
application-rejection-clock-stopped = You cannot { $command } a petition whose processing period is suspended (ground: { $ground }; { -decree }, Article 20). Please resume it first.
application-rejection-not-suspended = The processing period of this petition is not suspended (status: { $status }).
application-rejection-foreign-ground = This is no ground to suspend the processing period of such a petition (ground: { $ground }, kind: { $kind }; { -decree }, Articles 17 and 20).
application-rejection-outage-counts = An outage that began before 6 May 2026 counts as processing time (began: { $began_at }; { -decree }, Article 20 and addenda, Article 3).
application-rejection-investigated-twice = An investigation on the spot that is not counted can be extended once, and it was ({ -decree }, Article 17).
application-rejection-before-cause = { $cause }
application-rejection-result-told = The petitioner was notified of the result already (notified: { $notified_at }).
application-rejection-result-not-told = The petitioner was not notified of the refusal. Please notify the result first ({ -act }, Articles 27 and 35).
application-rejection-may-still-object = The petitioner may still object, so the petition cannot be completed (objection until: { $due }, completion: { $at }; { -act }, Article 35(1)).
application-rejection-not-statutory = Only the refusal of a statutory petition can be objected to (kind: { $kind }; { -act }, Article 35(1)).
application-rejection-objection-too-late = The time to object is over (until: { $due }, filed: { $at }; { -act }, Article 35(1)). An administrative appeal or lawsuit remains open.
application-rejection-no-objection = There is no objection to decide (status: { $status }).
application-rejection-objection-open = You cannot { $command } a petition under objection. Please decide the objection first (due: { $due }).
application-rejection-objection-decision-extended = The time to decide an objection can be extended once, and it was ({ -act }, Article 35(2)).
application-rejection-reasons-missing = You cannot { $command } a petition without reasons. Please give at least one.
application-rejection-other-due = The petition is due { $present }, not { $due }. Please look its due date up again.
application-rejection-not-overdue = This is not overdue (due: { $due }, checked: { $at }). Please wait until the due has passed.
application-rejection-notice-too-early = It is too early to notify the petitioner of the progress (notice: { $number }, from: { $earliest }, asked: { $notified_at }; { -decree }, Article 23).
application-rejection-no-reasons = A refusal must give at least one reason ({ -act }, Article 27(3)).
application-rejection-no-remedies = A refusal must name at least one remedy ({ -act }, Article 27(3)).
application-rejection-outside-outage = Only what was received on paper in an outage is registered afterwards (received: { $received_at }, outage from: { $began_at }, until: { $ended_at }; { -decree }, Article 6-2).
application-rejection-outage-not-over = A petition is registered once the outage is over (registered: { $registered_at }, outage until: { $ended_at }; { -decree }, Article 6-2).
application-rejection-out-of-turn = You cannot { $command } a petition with this status (status: { $status }, needed: { $takes }).
application-rejection-no-consent = You cannot { $command } this petition without the petitioner's consent ({ $article }).
application-rejection-nothing-to-correct = A correction must say what is corrected, and into what.
application-rejection-same-agency = { $agency } has this petition already. Please name the agency that is competent.
application-rejection-already-assigned = This petition has an officer in charge ({ $officer }). Please reassign it.
application-rejection-not-assigned = Nobody is in charge of this petition yet. Please assign it.
application-rejection-answer-due-too-early = The answer must be due later than the question (due: { $due }, asked: { $requested_at }).
application-rejection-answer-after-due = The answer must be due within the period of the petition (answer due: { $answer_due }, petition due: { $due }; { -act }, Article 20).
application-rejection-already-consulted = { $agency } was asked already and has not answered yet (answer due: { $answer_due }).
application-rejection-consultation-extended = The time to answer can be extended once, and it was ({ $agency }; { -act }, Article 20(2)).
application-rejection-consultation-extended-too-far = The time to answer is extended by at most as long as it was (asked: { $answer_due }, due: { $due }, at most until: { $latest }; { -act }, Article 20(2)).
application-rejection-not-consulted = { $agency } was not asked about this petition. Please record its words as progress.
application-rejection-already-replied = { $agency } has answered already. Please ask again if that was not enough.
application-rejection-too-many-consulted = At most { $count_max } agencies can be consulted about one petition.
application-rejection-merged-into-itself = A petition is not merged into itself. Please name the one that it is handled under ({ -decree }, Article 6(7)).
application-rejection-too-few-petitioners = There are too few petitioners with the same purpose to merge (petitioners: { $petitioners }, needed: { $petitioners_min }; { -decree }, Article 6(7)).
application-rejection-statutory = You cannot { $command } a statutory petition ({ $article }). Please examine and decide it.
application-rejection-too-few-times = This petition was not repeated often enough to be closed as repeated (submitted: { $times }, needed: { $times_min }; { -act }, Article 23).
application-rejection-too-few-results = Too few results were notified to close this petition as repeated (notified: { $notified }, needed: { $notified_min }; { -act }, Article 23).
application-rejection-no-committee = A repeated petition of many persons is closed after the mediation committee dealt with it. Please name its file ({ -decree }, Article 26).
application-rejection-not-on-paper = An electronic document is not collected. Please complete the petition instead ({ -decree }, Article 25(4)).
application-rejection-still-kept = The document is still kept to be collected (until: { $until }, closing: { $at }; { -decree }, Article 25(4)).
application-rejection-document-under-way = You cannot { $command } a petition whose document is not out. Please issue the document first.
application-rejection-not-the-applicant = Only the petitioner may { $command } this petition.
application-rejection-decided = You cannot { $command } a petition that is decided (status: { $status }).
application-rejection-ended = You cannot { $command } a petition that has ended (status: { $status }).

fixed-period-error-in-hours = A period of { $period } cannot be used. Please give days, weeks, months or years.
fixed-period-error-too-long = { $period } is longer than the law allows (at most { $max_days } days).
fixed-period-error-calendar = The last day of the period cannot be counted. { $cause }

extension-error-forbidden-ground = This is no ground to extend the period of a petition received since 6 May 2026 (ground: { $ground }; { -decree }, Article 21(2)).
extension-error-no-consent = The processing period was extended once. A second extension takes the petitioner's consent ({ -decree }, Article 21(1), proviso).
extension-error-exhausted = The processing period was extended twice, and there is no third extension ({ -decree }, Article 21(1)).
extension-error-overdue = A processing period that is over is not extended (due: { $due }, extension: { $at }).
extension-error-too-long = An extension is at most as long as the processing period (extension: { $by }, period: { $period }; { -decree }, Article 21(1)).
extension-error-other-unit = The extension has another unit than the processing period (extension: { $by }, period: { $period }). Please take hours or days for a period that is counted in hours, and days, weeks, months or years for any other.
extension-error-calendar = The due date cannot be counted. { $cause }

exclusion-error-days-backwards = The days that are not counted end before they begin (first: { $first }, last: { $last }). Please turn them around.
exclusion-error-outage-backwards = The outage ends before it begins (from: { $from }, until: { $until }). Please turn the two around.

calendar-error-uncovered = The calendar does not know this day (day: { $day }, from: { $first_year }, until: { $last_year }, calendar: { $version }). Please use a release with a table that covers it.
calendar-error-runs-past = The period runs past the calendar (last year: { $last_year }, calendar: { $version }). Please use a release with a longer table.

before-cause = The times are out of order (given: { $at }; { $cause }: { $cause_at }). Please check both, and the clocks that they are from.

## Why an issuance does not take a command

issuance-rejection-not-requested = You cannot { $command } an issuance that was never requested. Please check its number.
issuance-rejection-already-requested = This attempt was requested already, for something else (status: { $status }). Please use the number of the next attempt.
issuance-rejection-foreign-category = An issuance of the category { $asked } cannot be requested under the category { $own }. Please request it under its own.
issuance-rejection-copies = This number of copies cannot be requested (copies: { $copies }). Please ask for at least one, and for no more than are allowed.
issuance-rejection-application-not-approved = A document is issued only for an approved petition (status: { $status }).
issuance-rejection-not-authorized = You cannot { $command } an issuance before identity and fee are settled. Please settle them first.
issuance-rejection-identity-not-verified = You cannot { $command } an issuance before the petitioner's identity is verified. Please verify it first.
issuance-rejection-already-authorized = Identity and fee are settled already, in another way.
issuance-rejection-wrong-amount = The amount paid is not the assessed fee (fee: { $assessed }, paid: { $paid }).
issuance-rejection-nothing-to-pay = There is no fee to pay. Please waive it.
issuance-rejection-linked = The service is linked, so no result is entered by hand (service: { $service }). Please issue the document out of the register.
issuance-rejection-unlinked = The service is not linked. Please enter the result by hand.
issuance-rejection-being-generated = You cannot { $command } an issuance while its document is being made. Please wait for the register.
issuance-rejection-not-generating = You cannot { $command } an issuance whose register is not being asked. Please fetch its data first.
issuance-rejection-wrong-attempt = The attempt to fetch source data that counts is number { $expected }, not { $attempt }.
issuance-rejection-already-retrieved = The register has given its data already. Please issue the document, or note that it failed.
issuance-rejection-already-issued = You cannot { $command } an issuance whose result is out. It can only be revoked.
issuance-rejection-not-issued = You cannot { $command } an issuance without a result. Please cancel it instead.
issuance-rejection-not-out = You cannot { $command } an issuance whose document is not out. Please wait until it is issued.
issuance-rejection-prints-beyond-copies = This number of copies cannot be printed (copies: { $asked }, left: { $left }). Please print what is left, or request another document.
issuance-rejection-verification-over = The time in which the document can be verified is over (until: { $until }). Please request another document.
issuance-rejection-waits-for-pickup = You cannot { $command } an issuance whose document waits at the agency. Please have it collected.
issuance-rejection-not-ready-for-pickup = You cannot { $command } an issuance whose document does not wait at the agency. Please make it ready for pick-up first.
issuance-rejection-already-collected = You cannot { $command } an issuance whose document was collected. Please request another document.
issuance-rejection-kept-for-petitioner = The document is still kept for the petitioner (until: { $until }; { -decree }, Article 25(4)). Please discard it after that.
issuance-rejection-no-such-document = No document was issued with this number and this key. Please check both.
issuance-rejection-not-verifiable = You cannot { $command } an issuance whose result was entered by hand, as it has no verification number. Please ask the agency.
issuance-rejection-still-verifiable = The document can still be verified (until: { $until }). Please wait for the day after.
issuance-rejection-before-cause = { $cause }
issuance-rejection-calendar = It cannot be counted until when the document is kept. { $cause }
issuance-rejection-ended = You cannot { $command } an issuance that has ended (status: { $status }). Please request the next attempt.

## Why a petition is not of its type

petition-type-rejection-not-listed = There is no such petition type (type: { $petition_type }). Please take one that is listed, or add it to the list.
petition-type-rejection-other-category = The petition type is of another category (type: { $petition_type }, listed: { $listed }, asked: { $asked }). Please submit it there.
petition-type-rejection-other-kind = The petition type is of another kind (type: { $petition_type }, listed: { $listed }, asked: { $asked }). Please declare it so.
petition-type-rejection-other-service = The petition type is served in another way (type: { $petition_type }, listed: { $listed }, asked: { $asked }). Please submit it so.
petition-type-rejection-not-offered = The petition type is not offered on this channel (type: { $petition_type }, channel: { $channel }, offered: { $offered }).
petition-type-rejection-other-period = The petition type has another period (type: { $petition_type }, published: { $listed }, given: { $asked }; { -act }, Article 17).

## Reasons of the services themselves

reason-the-petition-was-withdrawn = The petition was withdrawn
reason-the-petition-was-returned = The petition was returned
reason-the-petition-was-refused = The petition was refused
reason-the-petition-was-merged-into-another = The petition was merged into another
reason-the-petition-was-closed-as-repeated = The petition was closed as repeated
reason-the-petition-was-closed-as-exempt = The petition was closed as exempt
reason-the-register-does-not-answer-for-now = The register does not answer for now
reason-the-register-did-not-give-what-the-document-is-made-of = The register did not give what the document is made of
reason-the-issuance-was-given-up = The issuance was given up
reason-an-operator-gave-the-issuance-up = An operator gave the issuance up

## The form of what was written

format-error = This is not well-formed ({ $what }). { $rule }
name-error = This is not well-formed ({ $what }: { $text }). { $rule }

what-activity = activity
what-actor-id = id of whoever acts
what-agency = agency
what-applicant-id = id of the petitioner
what-basis-of-a-due = basis of a due
what-calendar-version = version of the calendar
what-category = category
what-channel = channel
what-consequence-for-the-fee = consequence for the fee
what-count = count
what-date = date
what-delivery-way = way of delivery
what-department = department
what-document-type = document type
what-due = due
what-field-of-a-notice = field of a notice
what-ground-for-an-exemption = ground for an exemption
what-ground-for-an-extension = ground for an extension
what-ground-for-stopping-the-clock = ground for suspending the processing period
what-group = group
what-group-of-petitions = group of petitions
what-grouping = grouping
what-identity-method = way of proving one's identity
what-issuance-id = issuance number
what-kind-of-notice = kind of notice
what-legal-basis = legal basis
what-media-type = media type
what-namespace-name = namespace
what-officer = officer in charge
what-outcome = outcome
what-outcome-of-an-objection = outcome of an objection
what-period = processing period
what-petition-kind = kind of petition
what-petition-type = petition type
what-receipt-number = receipt number
what-reference = reference
what-service-name = service name
what-service-type = service type
what-sha-256 = SHA-256 of a file
what-sort-of-petitioners = sort of petitioners
what-status = status
what-step = step
what-subject = petition number
what-subject-of-a-reminder = subject of a reminder
what-text = text
what-time-at-which-a-lack-was-seen = time at which a lack was seen
what-uri = URI of a file
what-uuid = UUID
what-verdict = verdict
what-verification-number = document verification number
what-verification-verdict = verdict

rule-it-contains-a-character-that-is-not-seen-as-a-control-or-a-zero-width-one = Please use no characters that are not seen, such as control or zero-width ones.
rule-it-contains-white-space-or-a-control-character = Please use no white space and no control characters.
rule-it-is-empty = Please write at least one character.
rule-it-is-longer-than-128-bytes = Please write at most 128 bytes.
rule-it-is-not-in-the-composed-form-of-unicode-nfc-compose-it-first = Please write it in the composed form of Unicode (NFC).
rule-it-must-be-1-to-23-ascii-letters-and-digits-a-letter-first-and-hold-neither-application-nor-issuance = Please write 1 to 23 ASCII letters and digits, a letter first, without "Application" and "Issuance".
rule-it-must-be-21-digits-or-16 = Please write 21 digits, or 16.
rule-it-must-be-64-hexadecimal-digits = Please write 64 hexadecimal digits.
rule-it-must-be-a-grouping-and-a-name = Please write a grouping, a slash and a name.
rule-it-must-be-a-petition-id-a-dot-and-a-number-from-1-as-in-2026-000123-1 = Please write a petition number, a dot and a number from 1, as in 2026-000123.1.
rule-it-must-be-a-service-type-and-a-status = Please write a service type, a slash and a status.
rule-it-must-be-an-agency-a-tab-and-a-department = Please write an agency, a tab and a department.
rule-it-must-be-an-id = Please write an id.
rule-it-must-be-at-least-one-of-its-unit = Please write a number from 1.
rule-it-must-be-immediate-or-a-number-and-a-unit-as-in-7-days-or-8-hours = Please write it as in "immediate", "7 days" or "8 hours".
rule-it-must-be-one-line-without-control-characters = Please write one line without control characters.
rule-it-must-be-printable-ascii-without-spaces-quotes-and-backslashes = Please write printable ASCII without spaces, quotes and backslashes.
rule-it-must-be-scheme-rest = Please begin with a scheme, as in https://.
rule-it-must-be-type-subtype = Please write it as in application/pdf.
rule-it-must-be-yyyy-mm-dd = Please write it as in 2026-03-09.
rule-it-must-be-yyyy-mm-dd-or-an-instant-in-rfc-3339 = Please write it as in 2026-03-09 or 2026-03-09T10:00:00+09:00.
rule-it-must-have-1-to-128-bytes = Please write 1 to 128 bytes.
rule-it-must-have-1-to-200-bytes = Please write 1 to 200 bytes; a Korean letter takes three.
rule-it-must-have-at-most-1-500-bytes-put-longer-texts-into-an-attachment = Please write at most 1,500 bytes, a Korean letter taking three, and put longer texts into an attachment.
rule-it-must-have-at-most-127-bytes = Please write at most 127 bytes.
rule-it-must-have-at-most-255-bytes = Please write at most 255 bytes.
rule-it-must-have-no-characters-that-change-the-order-of-reading = Please use no characters that change the order of reading.
rule-it-must-have-no-control-characters-but-line-breaks-and-tabs = Please use no control characters but line breaks and tabs.
rule-it-must-have-no-white-space-and-no-control-character = Please use no white space and no control characters.
rule-it-must-not-be-blank = Please write something.
rule-it-must-not-begin-or-end-with-white-space = Please leave out the white space at the beginning and the end.
rule-its-digits-do-not-fit-together-one-was-mistyped = The digits do not fit together. Please check whether one was mistyped.
rule-no-document-has-so-high-a-number = No document has so high a number.
rule-only-ascii-letters-and-digits-may-stand-here-a-letter-first = Please write ASCII letters and digits, a letter first.
rule-the-calendar-has-no-such-day = There is no such day.
rule-write-one-as-8-4-4-4-12-hexadecimal-digits = Please write hexadecimal digits as 8-4-4-4-12.

## Why the service did not carry out what was asked

command-error-overloaded = There are too many requests at the moment. Please try again later.
command-error-ending = The service is being restarted and did not take the request. Please send it again in a moment.
command-error-id = The number of this request was used for another one. Please use a new number.
command-error-failed = It is not known whether this was carried out. Please send it again under the same number, which is safe.
filing-error-not-issued = The petition was received, but its document was not issued. { $cause }
filing-error-no-document = No document follows from this petition (petition: { $petition }). Please file it without waiting for one.
filing-error-withdrawn = The petition was withdrawn meanwhile (petition: { $petition }).
filing-error-stuck = The petition is not through, and filing it again at once changes nothing. Please ask the office in charge.
filing-error-failed = The petition is not through. Please file it again under the same number, which is safe.
verification-error-too-often = There were too many questions about documents. Please ask again from { $until } on.
verification-error-unknown = The document cannot be verified at the moment. Please ask again later.
verification-error-failed = The question was not put on record. Please ask again under the same number, which is safe.

## Notices to petitioners
##
## A line that names what a notice does not have is left out. Any notice may speak of $agency,
## $petition_type, $receipt_number, $due, $article, $occurred_at, $office, $telephone and $mail.

## Parts that notices share

notice-petition =
    - Petition: { $petition_type }
    - Receipt number: { $receipt_number }
notice-contact =
    - Agency: { $agency }
    - Office: { $office }
    - Telephone: { $telephone }
    - Mail: { $mail }

## Receipt and processing period

notice-received =
    Your petition was received.
    { notice-petition }
    - Due date: { $due }
    { notice-contact }
notice-corrected =
    As you agreed, a clerical error in your petition was corrected.
    { notice-petition }
    - Corrections: { $corrections }
    { notice-contact }
notice-transferred =
    Your petition was transferred to the competent agency. The time to process it begins when it is received there.
    { notice-petition }
    - Transferred to: { $to }
    - Reason: { $reason }
    - Provision: { $article }
    { notice-contact }
notice-merged =
    Your petition is handled together with others of the same purpose.
    { notice-petition }
    - Handled under: { $into }
    - Purpose: { $purpose }
    - Provision: { $article }
    { notice-contact }
notice-due-moved =
    The due date of your petition has changed.
    { notice-petition }
    - New due date: { $due }
    { notice-contact }
notice-extended =
    The processing period of your petition was extended.
    { notice-petition }
    - Reason: { $reason }
    - Expected completion date: { $due }
    - Provision: { $article }
    { notice-contact }
notice-extended-again =
    As you agreed, the processing period of your petition was extended once more.
    { notice-petition }
    - Reason: { $reason }
    - Expected completion date: { $due }
    - Provision: { $article }, proviso
    { notice-contact }
notice-progress =
    This is the progress of your petition: { $days } days have passed since it was received, and it is being processed.
    { notice-petition }
    - As of: { $day }
    - Expected completion date: { $due }
    { notice-contact }

## Supplements, returns and withdrawals

notice-supplement-requested =
    Your petition lacks something. Please supply it by the date below.
    { notice-petition }
    - Missing: { $items }
    - Supply by: { $supplement_due }
    - Provision: { $article }
    { notice-contact }
notice-supplement-extended =
    As you asked, you have more time to supply what is missing.
    { notice-petition }
    - Missing: { $items }
    - Supply by: { $supplement_due }
    { notice-contact }
notice-supplement-overdue =
    The time to supply what is missing has passed. Please supply it soon.
    { notice-petition }
    - Missing: { $items }
    - It was due: { $supplement_due }
    { notice-contact }
notice-supplement-requested-again =
    What is missing was not supplied in time, and is requested once more. If it is not supplied by the date below, your documents may be returned.
    { notice-petition }
    - Missing: { $items }
    - Supply by: { $supplement_due }
    - Provision: { $article }
    { notice-contact }
notice-returned =
    Your documents are returned.
    { notice-petition }
    - Reasons: { $reasons }
    - Provision: { $article }
    { notice-contact }
notice-withdrawn =
    Your petition was withdrawn.
    { notice-petition }
    { notice-contact }
notice-deemed-withdrawn =
    Two requests for a supplement could not be delivered to you, so your petition counts as withdrawn and is closed.
    { notice-petition }
    - Provision: { $article }
    { notice-contact }

## Results

notice-approved =
    Your petition was granted.
    { notice-petition }
    - Conditions: { $conditions }
    { notice-contact }
notice-rejected =
    Your petition was refused.
    { notice-petition }
    - Reasons: { $reasons }
    - Remedies: { $remedies }
    { notice-contact }
notice-completed =
    { $outcome ->
        [granted] The processing of your petition is completed. It was granted.
        [refused] The processing of your petition is completed. It was refused.
       *[answered] The processing of your petition is completed. This is the answer.
    }
    { notice-petition }
    - Result: { $answer }
    { notice-contact }
notice-result-entered =
    The result of your petition was entered.
    { notice-petition }
    - Result: { $answer }
    { notice-contact }
notice-closed-as-repeated =
    Your petition repeats what was answered before, and was closed.
    { notice-petition }
    - Provision: { $article }
    { notice-contact }
notice-closed-as-exempt =
    Your petition is one that need not be handled, and was closed.
    { notice-petition }
    - Reason: { $reason }
    - Provision: { $article }
    { notice-contact }
notice-closed-uncollected =
    Your document was not collected in time, and your petition was closed.
    { notice-petition }
    - Provision: { $article }
    { notice-contact }

## Objections

notice-objection-received =
    Your objection to the refusal was received.
    { notice-petition }
    - To be decided by: { $objection_due }
    { notice-contact }
notice-objection-extended =
    The time to decide your objection was extended.
    { notice-petition }
    - Reason: { $reason }
    - To be decided by: { $objection_due }
    - Provision: { $article }
    { notice-contact }
notice-objection-upheld =
    Your objection was upheld, and your petition is examined anew.
    { notice-petition }
    - Reasons: { $reasons }
    { notice-contact }
notice-objection-dismissed =
    Your objection was dismissed. Administrative appeal and administrative lawsuit remain open to you.
    { notice-petition }
    - Reasons: { $reasons }
    { notice-contact }

## Fees and the issuance of documents

notice-fee-assessed =
    The fee was assessed.
    { notice-petition }
    - Fee: { $amount }
    - Reason: { $reason }
    { notice-contact }
notice-fee-refunded =
    The fee that you paid is given back.
    { notice-petition }
    - Amount: { $amount }
    { notice-contact }
notice-document-issued =
    Your document was issued.
    { notice-petition }
    - Document: { $document_type }
    - It can be verified until: { $verifiable_until }
    { notice-contact }
notice-document-ready =
    Your document can be collected. Please bring proof of your identity.
    { notice-petition }
    - Place: { $place }
    - Collect by: { $collect_until }
    { notice-contact }
notice-document-discarded =
    Your document was not collected in time and was discarded.
    { notice-petition }
    - Provision: { $article }
    { notice-contact }
notice-document-revoked =
    Your document was revoked.
    { notice-petition }
    - Revoked by: { $authority }
    - Reason: { $reason }
    { notice-contact }
notice-issuance-cancelled =
    The issuance of your document was called off.
    { notice-petition }
    - Reason: { $reason }
    { notice-contact }
notice-issuance-failed =
    Your document could not be issued.
    { notice-petition }
    - Reason: { $reason }
    { notice-contact }

## Counting periods

weekday-mon = Mon
weekday-tue = Tue
weekday-wed = Wed
weekday-thu = Thu
weekday-fri = Fri
weekday-sat = Sat
weekday-sun = Sun
counted-day = { $weekday } { $date }: { $counts }
day-counts-day = day { $number }
day-counts-time = { $hours } h { $minutes } min
day-counts-no-time = no working time after receipt
day-counts-not-worked = not counted: { $day }
day-counts-excluded = not counted: excluded
day-counts-first-day = not counted: the first day
day-counts-put-off = the last day is put off: { $day }

legal-basis-immediate = What is immediate is done within 3 working hours ({ -act }, Art. 19(1))
legal-basis-in-hours = Up to five days are counted in hours from the time of receipt on, 8 working hours a day ({ -act }, Art. 19(1))
legal-basis-in-days = Six days and more are counted in days, the first one counted, public holidays and Saturdays not counted ({ -act }, Art. 19(2))
legal-basis-by-calendar = Weeks, months and years run by the calendar, the first day counted ({ -act }, Art. 19(3); Civil Act, Arts. 159 to 161)
legal-basis-days-not-counted = The days of a supplement and the like are not counted ({ -decree }, Art. 20, item 1; Enforcement Decree of the Administrative Procedures Act, Art. 11)
legal-basis-outage-not-counted = The time of an outage in which nothing could be processed is not counted ({ -decree }, Art. 20, item 2)
legal-basis-outage-counted = The time of an outage that began before 6 May 2026 is counted (Presidential Decree 36296, addenda, Art. 3)
legal-basis-extended = The period is extended once, by no more than its own length ({ -decree }, Art. 21(1))
legal-basis-extended-again = The period is extended once more, with the petitioner's consent ({ -decree }, Art. 21(1), proviso)
legal-basis-receipt = A petition through the electronic window is received within 8 working hours ({ -decree }, Art. 6(8))
legal-basis-transfer = A petition that another agency is competent for goes on within 8 working hours ({ -decree }, Art. 13)
legal-basis-supplement-request = A supplement is requested within 8 working hours of receipt ({ -rule }, Art. 9)
legal-basis-supplement = The period of a supplement is counted without its first day ({ -act }, Art. 22(1); { -decree }, Art. 24(1); Civil Act, Arts. 157 and 159 to 161)
legal-basis-supplement-extended = The petitioner asked for more time to supply what is missing ({ -decree }, Art. 24(2))
legal-basis-supplement-rerequested = A second request for a supplement sets at most 10 days ({ -decree }, Art. 24(3))
legal-basis-objection = A refusal is objected to within 60 days of its receipt ({ -act }, Art. 35(1))
legal-basis-objection-decision = An objection is decided within 10 days of its receipt ({ -act }, Art. 35(2))
legal-basis-objection-decision-extended = The time to decide an objection is extended once, by at most 10 days ({ -act }, Art. 35(2))
legal-basis-collection = A document is kept for 15 days after the expected completion ({ -decree }, Art. 25(4))
legal-basis-put-off = A last day that is a Saturday or a public holiday is put off to the next working day (General Act on Public Administration, Art. 6(1); Civil Act, Art. 161)
legal-basis-public-holidays = Public holidays are those of the Regulations on Public Holidays of Government Offices (Arts. 2 and 3)

count-due = Due: { $due }
count-basis = Law: { $basis }
count-calendar = Calendar: { $version }
count-provisional-calendar = Calendar: { $version }, provisional

## The answer about a petition

result-line-petition = Petition: { $petition_type } ({ $kind })
result-line-status = Status: { $status }
result-line-agency = Agency: { $agency }
result-line-department = Department: { $department }
result-line-received = Received: { $received_at }, number { $number }
result-line-period = Processing period: { $period }
result-line-due = Due: { $due }
result-line-officer = Officer in charge: { $officer }
result-line-remaining = { $remaining }
result-line-nothing-awaited = Working time left: no period is running
result-line-uncounted = Working time left: it cannot be counted. { $cause }
result-line-stop = Clock stopped: { $stop }
result-line-supplement = To be supplied: { $items }, by { $due }
result-line-extension = Extended: by { $by }, until { $until }, on the ground of { $ground }
result-line-notices = Notices of the progress: { $count }
result-line-objection-open = Objection: may be filed until { $until }
result-line-objection-filed = Objection: to be decided by { $due }
result-line-document = Document: { $document_type }, { $status }
result-line-document-with-number = Document: { $document_type }, { $status }, verification number { $number }
