//! Document verification numbers (문서확인번호), which nobody can guess and a typing error does not
//! survive.

use std::{fmt, str::FromStr};

use crate::text::{FormatError, stored_as_text};

/// The number by which anybody can verify a document: 21 digits, shown
/// `184-467-440-737-095-516-158`, of which the last checks the others.
///
/// The others are a [random number](Self::from_random) of 64 bits. So nobody can guess a number, and
/// no two documents share one, also where a store was restored from a backup: among 100 million
/// documents the chance of it is one in 3,000, and a document is asked for with its petitioner's key
/// as well. Digits, as before, since they are typed the same way on every keyboard.
///
/// Earlier documents have 16 digits, `1234-5678-9012-3456`, which stay valid.
///
/// ```
/// use minwon_petitions::VerificationNumber;
/// let number = VerificationNumber::from_random(42);
/// assert_eq!(number.to_string(), "000-000-000-000-000-000-427");
/// assert_eq!(number.to_string().replace('-', "").parse(), Ok(number));
/// assert!("000-000-000-000-000-000-247".parse::<VerificationNumber>().is_err());
/// # Ok::<(), minwon_petitions::FormatError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VerificationNumber(Form);

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Form {
    /// 16 digits, the place of the request in the log in disguise.
    Sixteen(u64),
    /// 20 digits and one that checks them.
    Checked(u64),
}

/// The quasigroup of order 10 by which H. Michael Damm (2004) computes a digit that every wrong digit
/// and every two neighbours in the wrong order change.
const DAMM: [[u8; 10]; 10] = [
    [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
    [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
    [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
    [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
    [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
    [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
    [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
    [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
    [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
    [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
];

/// Returns the digit that checks a text of ASCII digits; 0 where the text ends in that digit.
fn check_digit(digits: &str) -> u8 {
    digits.bytes().fold(0, |interim, digit| {
        DAMM[usize::from(interim)][usize::from(digit - b'0')]
    })
}

impl VerificationNumber {
    /// The number of a new document, made of 64 random bits: from a source that nobody can predict.
    #[must_use]
    pub const fn from_random(bits: u64) -> Self {
        Self(Form::Checked(bits))
    }

    /// The number as lists show it, `184-***-***-***-***-***-158`: its holder knows which document is
    /// meant, and nobody else can ask about it.
    #[must_use]
    pub fn masked(self) -> String {
        let shown = self.to_string();
        let group = shown.find('-').unwrap_or(0);
        let inside = group..shown.len() - group;
        let mask = |(at, c)| match c {
            '0'..='9' if inside.contains(&at) => '*',
            c => c,
        };
        shown.char_indices().map(mask).collect()
    }

    /// The digits, and how many of them stand together.
    fn digits(self) -> (String, usize) {
        match self.0 {
            Form::Sixteen(number) => (format!("{number:016}"), 4),
            Form::Checked(bits) => {
                let digits = format!("{bits:020}");
                let check = check_digit(&digits);
                (format!("{digits}{check}"), 3)
            }
        }
    }
}

impl fmt::Display for VerificationNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (digits, group) = self.digits();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && at % group == 0 {
                f.write_str("-")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for VerificationNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerificationNumber({self})")
    }
}

impl FromStr for VerificationNumber {
    type Err = FormatError;

    /// Reads 21 digits, or 16, with dashes anywhere or nowhere, as people copy them.
    fn from_str(text: &str) -> Result<Self, FormatError> {
        let no = |rule: &'static str| FormatError::new("verification number", rule);
        let mut digits = String::with_capacity(21);
        for character in text.chars().filter(|&c| c != '-') {
            if !character.is_ascii_digit() || digits.len() == 21 {
                return Err(no("it must be 21 digits, or 16"));
            }
            digits.push(character);
        }
        let form = match digits.len() {
            16 => digits.parse().map(Form::Sixteen),
            21 if check_digit(&digits) != 0 => {
                return Err(no("its digits do not fit together; one was mistyped"));
            }
            21 => digits[..20].parse().map(Form::Checked),
            _ => return Err(no("it must be 21 digits, or 16")),
        };
        let form = form.map_err(|_| no("no document has so high a number"))?;
        Ok(Self(form))
    }
}

stored_as_text!(VerificationNumber);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_form_of_numbers_is_frozen() {
        // Documents carry them.
        let number = |bits| VerificationNumber::from_random(bits).to_string();
        assert_eq!(number(0), "000-000-000-000-000-000-000");
        assert_eq!(number(42), "000-000-000-000-000-000-427");
        assert_eq!(number(u64::MAX), "184-467-440-737-095-516-158");
        // The published example of the check digit.
        assert_eq!(check_digit("572"), 4);
    }

    #[test]
    fn numbers_of_earlier_documents_read_back() {
        for text in ["1710-2306-8611-4233", "0000-0000-0000-0001"] {
            let number: VerificationNumber = text.parse().unwrap();
            assert_eq!(number.to_string(), text);
            assert_eq!(serde_json::to_value(number).unwrap(), text);
        }
        let same_digits = VerificationNumber::from_random(1_710_230_686_114_233);
        assert_ne!("1710230686114233".parse(), Ok(same_digits));
    }

    #[test]
    fn a_masked_number_hides_its_middle_and_reads_back_as_none() {
        for (number, masked) in [
            ("0012-5678-9012-0006", "0012-****-****-0006"),
            ("184-467-440-737-095-516-158", "184-***-***-***-***-***-158"),
        ] {
            let number: VerificationNumber = number.parse().unwrap();
            assert_eq!(number.masked(), masked);
            assert!(number.masked().parse::<VerificationNumber>().is_err());
        }
    }

    #[test]
    fn dashes_do_not_matter_and_all_else_does() {
        let number: VerificationNumber = "1234-5678-9012-3456".parse().unwrap();
        assert_eq!("1234567890123456".parse(), Ok(number));
        assert_eq!("12345-67890-123-456-".parse(), Ok(number));
        for bad in [
            "",
            "-",
            "1234-5678-9012-345",
            "1234-5678-9012-34567",
            "1234-5678-9012-345x",
            "１２３４-5678-9012-3456",
            "000-000-000-000-000-000-42",
            "000-000-000-000-000-000-428",
            "000-000-000-000-000-000-4271",
        ] {
            assert!(bad.parse::<VerificationNumber>().is_err(), "{bad:?}");
        }
        // Its digits fit together, and it has more than 64 bits.
        let check = check_digit("99999999999999999999");
        let high = format!("99999999999999999999{check}");
        assert!(high.parse::<VerificationNumber>().is_err());
    }

    proptest! {
        #[test]
        fn every_number_reads_back(bits: u64) {
            let number = VerificationNumber::from_random(bits);
            prop_assert_eq!(number.to_string().parse(), Ok(number));
            prop_assert_eq!(number.to_string().len(), 27);
        }

        #[test]
        fn a_wrong_digit_is_noticed(bits: u64, place in 0..21_usize, by in 1..10_u8) {
            let (mut digits, _) = VerificationNumber::from_random(bits).digits();
            let wrong = (digits.as_bytes()[place] - b'0' + by) % 10;
            digits.replace_range(place..=place, &wrong.to_string());
            prop_assert!(digits.parse::<VerificationNumber>().is_err());
        }

        #[test]
        fn neighbours_in_the_wrong_order_are_noticed(bits: u64, place in 0..20_usize) {
            let (digits, _) = VerificationNumber::from_random(bits).digits();
            let mut wrong = digits.clone().into_bytes();
            wrong.swap(place, place + 1);
            let wrong = String::from_utf8(wrong).unwrap();
            prop_assert_eq!(wrong.parse::<VerificationNumber>().is_ok(), wrong == digits);
        }

        #[test]
        fn no_text_makes_parsing_panic(text in "[0-9-]*|.*") {
            let _ = text.parse::<VerificationNumber>();
        }
    }
}
