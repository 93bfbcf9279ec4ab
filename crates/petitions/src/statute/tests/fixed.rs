//! Periods that the law sets, by example.

use super::*;

#[test]
fn of_a_supplement_the_first_day_is_not_counted() {
    let due_of = |on, of| supplement_due(date(on), period(of), Calendar::published()).unwrap();
    assert_eq!(due_of("2026-03-10", "10 days"), due("2026-03-20"));
    // Day 10 is the eve of Chuseok.
    assert_eq!(due_of("2026-09-14", "10 days"), due("2026-09-28"));
    assert_eq!(due_of("2026-03-10", "1 week"), due("2026-03-17"));
    assert_eq!(due_of("2026-03-10", "1 month"), due("2026-04-10"));
    assert_eq!(due_of("2024-01-30", "1 month"), due("2024-02-29"));
    // 1 February to the end of it, which is a Saturday before two holidays.
    assert_eq!(due_of("2026-01-31", "1 month"), due("2026-03-03"));
}

#[test]
fn a_supplement_is_extended_from_the_day_after() {
    let extended =
        extended_supplement_due(date("2026-09-28"), period("5 days"), Calendar::published());
    // Day 5 is 3 October, a Saturday; 5 October its substitute.
    assert_eq!(extended, Ok(due("2026-10-06")));
}

#[test]
fn a_second_request_gives_ten_days_at_most() {
    let calendar = Calendar::published();
    let on = date("2026-03-10");
    let again = |of| supplement_rerequest_due(on, period(of), calendar);
    assert_eq!(again("10 days"), Ok(due("2026-03-20")));
    assert_eq!(again("1 week"), Ok(due("2026-03-17")));
    for long in ["11 days", "2 weeks", "1 month", "65535 years"] {
        let error = FixedPeriodError::TooLong {
            period: period(long),
            max_days: 10,
        };
        assert_eq!(again(long), Err(error), "{long}");
    }
    // That the last day is put off makes no period too long.
    let before_chuseok = supplement_rerequest_due(date("2026-09-14"), period("10 days"), calendar);
    assert_eq!(before_chuseok, Ok(due("2026-09-28")));
}

#[test]
fn a_paper_is_kept_for_fifteen_days() {
    let until = |on| collection_due(date(on), Calendar::published());
    assert_eq!(until("2026-03-10"), Ok(due("2026-03-25")));
    // Day 15 is a Saturday.
    assert_eq!(until("2026-03-13"), Ok(due("2026-03-30")));
    // Day 15 is the first day of Chuseok.
    assert_eq!(until("2026-09-09"), Ok(due("2026-09-28")));
}

#[test]
fn hours_do_not_run_by_days() {
    for of in ["immediate", "8 hours"] {
        let error = FixedPeriodError::InHours { period: period(of) };
        let counted = supplement_due(date("2026-03-10"), period(of), Calendar::published());
        assert_eq!(counted, Err(error));
    }
}

#[test]
fn objections_have_sixty_days_and_their_decisions_ten() {
    let calendar = Calendar::published();
    assert_eq!(
        objection_due(date("2026-03-20"), calendar),
        Ok(due("2026-05-19"))
    );
    assert_eq!(
        objection_decision_due(date("2026-09-15"), calendar),
        Ok(due("2026-09-28"))
    );
    let extended = |of| extended_objection_decision_due(date("2026-09-28"), period(of), calendar);
    // 8 October; ten days from 29 September.
    assert_eq!(extended("10 days"), Ok(due("2026-10-08")));
    assert_eq!(extended("3 days"), Ok(due("2026-10-01")));
    assert!(extended("11 days").is_err());
    assert!(objection_due(date("2030-12-01"), calendar).is_err());
}

#[test]
fn offices_receive_ask_and_transfer_within_eight_working_hours() {
    let calendar = Calendar::published();
    for rule in [receipt_due, supplement_request_due, transfer_due] {
        let due_of = |from| rule(seoul(from), calendar);
        assert_eq!(due_of("2026-03-06 17:00"), Ok(due("2026-03-09 17:00")));
        assert_eq!(due_of("2026-03-07 03:00"), Ok(due("2026-03-09 18:00")));
        assert!(due_of("2031-01-02 09:00").is_err());
    }
}

#[test]
fn a_notice_is_owed_every_thirty_days() {
    let received_at = seoul("2026-03-09 10:00");
    let owed = |now| progress_notices_owed(received_at, seoul(now));
    assert_eq!(owed("2026-03-01 10:00"), 0);
    // D23; Civil Act 157, 159: 30 days without that of the receipt are over with 04-08.
    assert_eq!(owed("2026-04-08 23:59"), 0);
    assert_eq!(owed("2026-04-09 00:00"), 1);
    assert_eq!(owed("2026-05-08 23:59"), 1);
    assert_eq!(owed("2026-05-09 00:00"), 2);
    for number in 1..100 {
        let at = progress_notice_at(received_at, number);
        assert_eq!(progress_notices_owed(received_at, at), number);
    }
}
