//! From the text of a file to petition types. Everything that is wrong is collected, so that
//! whoever wrote the file fixes it in one go.

use std::{collections::BTreeMap, str::FromStr};

use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

use super::{
    DocumentOffer, PetitionTypeEntry,
    error::{CatalogueFault, CatalogueProblem, PetitionCatalogueError},
    rules::{self, Terms},
};
use crate::{
    category::Category,
    channel::Channel,
    issuance::{COPIES_MAX, Won},
    text::{DocumentType, FormatError},
    words::unknown,
};

/// The name of the list in a file.
const LIST: &str = "petition_type";

/// The categories of petition types beside those that come with the library.
const CATEGORIES: &str = "categories";

/// All fields of a petition type.
const FIELDS: &[&str] = &[
    "name",
    "category",
    "kind",
    "service",
    "period",
    "document",
    "copies",
    "pick_up",
    "fees",
    "required_documents",
    "shared_documents",
    "agency",
    "department",
];

/// The channels that may have a fee.
const CHANNELS: [Channel; 7] = [
    Channel::Online,
    Channel::Counter,
    Channel::Post,
    Channel::Email,
    Channel::Telephone,
    Channel::Oral,
    Channel::Kiosk,
];

/// A value and where it stands. Unit: bytes from the beginning of the file.
pub(super) struct Field<T> {
    pub(super) value: T,
    pub(super) at: usize,
}

/// Reads all petition types of a file.
pub(super) fn entries(text: &str) -> Result<Vec<PetitionTypeEntry>, PetitionCatalogueError> {
    let mut reader = Reader {
        text,
        problems: Vec::new(),
        categories: Category::BUILT_IN.to_vec(),
    };
    let (file, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        let at = error.span().map_or(0, |span| span.start);
        let fault = CatalogueFault::Syntax(error.message().to_owned());
        reader.report(None, String::new(), at, fault);
    }
    // Problems that follow from a broken line would only hide it.
    let entries = match errors.is_empty() {
        true => reader.file(file.get_ref()),
        false => Vec::new(),
    };
    if reader.problems.is_empty() {
        Ok(entries)
    } else {
        Err(PetitionCatalogueError::new(reader.problems))
    }
}

/// Reads a file and remembers what is wrong with it.
struct Reader<'t> {
    text: &'t str,
    problems: Vec<CatalogueProblem>,
    /// Those that a petition type may be of.
    categories: Vec<Category>,
}

/// The table of one petition type.
struct Table<'r, 't, 'f> {
    reader: &'r mut Reader<'t>,
    fields: &'f DeTable<'f>,
    /// Where its header stands.
    at: usize,
    name: Option<&'f str>,
}

impl Reader<'_> {
    fn report(&mut self, name: Option<&str>, field: String, at: usize, fault: CatalogueFault) {
        let (line, column) = self.place(at);
        self.problems.push(CatalogueProblem {
            line,
            column,
            petition_type: name.map(str::to_owned),
            field,
            fault,
        });
    }

    /// Line and column, from 1, of this byte.
    fn place(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line_begins = before.rfind('\n').map_or(0, |end| end + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        (line, before[line_begins..].chars().count() + 1)
    }

    fn file(&mut self, file: &DeTable<'_>) -> Vec<PetitionTypeEntry> {
        for (key, _) in file.iter() {
            let known = [LIST, CATEGORIES];
            if !known.contains(&key.get_ref().as_ref()) {
                self.unknown(None, key, key.get_ref().to_string(), &known);
            }
        }
        if let Some(categories) = file.get(CATEGORIES) {
            self.read_categories(categories);
        }
        let list = file.get(LIST).map(Spanned::get_ref);
        match list {
            Some(DeValue::Array(list)) if !list.is_empty() => self.list(list.iter()),
            None | Some(DeValue::Array(_)) => {
                self.report(None, String::new(), 0, CatalogueFault::Empty);
                Vec::new()
            }
            Some(other) => {
                let fault = wrong_sort("a list: write `[[petition_type]]`", other);
                let at = file.get(LIST).map_or(0, |list| list.span().start);
                self.report(None, LIST.to_owned(), at, fault);
                Vec::new()
            }
        }
    }

    fn read_categories(&mut self, list: &Spanned<DeValue<'_>>) {
        let DeValue::Array(names) = list.get_ref() else {
            let fault = wrong_sort("a list of names", list.get_ref());
            return self.report(None, CATEGORIES.to_owned(), list.span().start, fault);
        };
        for name in names.iter() {
            match name.get_ref().as_str().unwrap_or_default().parse() {
                Ok(category) => self.categories.push(category),
                Err(error) => {
                    let fault = CatalogueFault::Format(error);
                    self.report(None, CATEGORIES.to_owned(), name.span().start, fault);
                }
            }
        }
    }

    fn list<'f>(
        &mut self,
        list: impl Iterator<Item = &'f Spanned<DeValue<'f>>>,
    ) -> Vec<PetitionTypeEntry> {
        let mut first_lines = BTreeMap::new();
        let mut entries = Vec::new();
        for value in list {
            let at = value.span().start;
            let DeValue::Table(fields) = value.get_ref() else {
                let fault = wrong_sort("a table: write `[[petition_type]]`", value.get_ref());
                self.report(None, LIST.to_owned(), at, fault);
                continue;
            };
            let name = fields.get("name");
            let mut table = Table {
                name: name.and_then(|name| name.get_ref().as_str()),
                reader: self,
                fields,
                at,
            };
            let entry = table.entry();
            table.check_unique(&mut first_lines);
            entries.extend(entry);
        }
        entries
    }

    fn unknown(
        &mut self,
        name: Option<&str>,
        key: &Spanned<DeString<'_>>,
        field: String,
        known: &[&str],
    ) {
        let known = known.join(", ");
        let fault = CatalogueFault::UnknownField { known };
        self.report(name, field, key.span().start, fault);
    }
}

impl<'f> Table<'_, '_, 'f> {
    /// The petition type; none where something is wrong that has been reported.
    fn entry(&mut self) -> Option<PetitionTypeEntry> {
        for (key, _) in self.fields.iter() {
            if !FIELDS.contains(&key.get_ref().as_ref()) {
                let field = key.get_ref().to_string();
                self.reader.unknown(self.name, key, field, FIELDS);
            }
        }
        let name = self.required("name", Self::text);
        let category = self.required("category", Self::category);
        let kind = self.required("kind", Self::text);
        let service = self.required("service", Self::text);
        let period = self.required("period", Self::text);
        let document = self.document();
        let required_documents = self.optional("required_documents", Self::documents);
        let shared_documents = self.optional("shared_documents", Self::documents);
        self.check_not_demanded(required_documents.as_ref(), shared_documents.as_ref());
        let agency = self.optional("agency", Self::text);
        let department = self.optional("department", Self::text);
        let (kind, service, period) = (kind?, service?, period?);
        self.check_rules(&Terms {
            kind: &kind,
            service: &service,
            period: &period,
            document: self.place_of("document"),
            about_document: &self.about_document(),
        });
        Some(PetitionTypeEntry {
            name: name?.value,
            category: category?.value,
            kind: kind.value,
            service: service.value,
            period: period.value,
            document,
            required_documents: required_documents.map(values).unwrap_or_default(),
            shared_documents: shared_documents.map(values).unwrap_or_default(),
            agency: agency.map(|agency| agency.value),
            department: department.map(|department| department.value),
        })
    }

    fn document(&mut self) -> Option<DocumentOffer> {
        let document_type = self.optional("document", Self::text);
        let copies = self.optional("copies", Self::copies);
        let pick_up = self.optional("pick_up", Self::yes_or_no);
        let fees = match self.place_of("document") {
            Some(_) => self.required("fees", Self::fees),
            None => self.optional("fees", Self::fees),
        };
        Some(DocumentOffer {
            document_type: document_type?.value,
            copies: copies.map_or(1, |copies| copies.value),
            pick_up: pick_up.is_some_and(|pick_up| pick_up.value),
            fees: fees?.value,
        })
    }

    /// Where the fields stand that only make sense where a document follows.
    fn about_document(&self) -> Vec<(&'static str, usize)> {
        let fields = ["copies", "pick_up", "fees"].into_iter();
        fields
            .filter_map(|field| Some((field, self.place_of(field)?)))
            .collect()
    }

    fn check_rules(&mut self, terms: &Terms<'_>) {
        for (field, at, fault) in rules::broken(terms) {
            self.report(field.to_owned(), at, fault);
        }
    }

    fn check_unique(&mut self, first_lines: &mut BTreeMap<&'f str, usize>) {
        let (Some(name), Some(at)) = (self.name, self.place_of("name")) else {
            return;
        };
        match first_lines.get(name) {
            Some(&first) => {
                self.report("name".into(), at, CatalogueFault::DuplicateName { first });
            }
            None => {
                first_lines.insert(name, self.reader.place(at).0);
            }
        }
    }

    fn check_not_demanded(&mut self, demanded: Option<&Documents>, shared: Option<&Documents>) {
        let (Some(demanded), Some(shared)) = (demanded, shared) else {
            return;
        };
        for document in &demanded.value {
            if shared.value.iter().any(|it| it.value == document.value) {
                let fault = CatalogueFault::DemandedThoughShared;
                self.report("required_documents".into(), document.at, fault);
            }
        }
    }

    fn report(&mut self, field: String, at: usize, fault: CatalogueFault) {
        self.reader.report(self.name, field, at, fault);
    }

    fn place_of(&self, field: &str) -> Option<usize> {
        self.fields.get(field).map(|value| value.span().start)
    }

    fn required<T>(&mut self, field: &'static str, read: Read<Self, T>) -> Option<Field<T>> {
        if !self.fields.contains_key(field) {
            self.report(field.to_owned(), self.at, CatalogueFault::Missing);
        }
        self.optional(field, read)
    }

    fn optional<T>(&mut self, field: &'static str, read: Read<Self, T>) -> Option<Field<T>> {
        let value = self.fields.get(field)?;
        let at = value.span().start;
        match read(self, field, value.get_ref()) {
            Ok(value) => Some(Field { value, at }),
            Err(fault) => {
                self.report(field.to_owned(), at, fault);
                None
            }
        }
    }

    fn text<T: FromStr<Err = FormatError>>(
        &mut self,
        _: &str,
        value: &DeValue<'_>,
    ) -> Result<T, CatalogueFault> {
        let text = value.as_str();
        let text = text.ok_or_else(|| wrong_sort("a text in quotes", value))?;
        Ok(text.parse()?)
    }

    /// Accepts a category that the library or the file itself names, so that a typing error does
    /// not add one.
    fn category(&mut self, _: &str, value: &DeValue<'_>) -> Result<Category, CatalogueFault> {
        let text = value.as_str();
        let text = text.ok_or_else(|| wrong_sort("a text in quotes", value))?;
        let mut known = self.reader.categories.iter();
        let found = known.find(|category| category.as_str() == text);
        found.copied().ok_or_else(|| {
            let known: Vec<_> = self
                .reader
                .categories
                .iter()
                .map(Category::as_str)
                .collect();
            CatalogueFault::Format(unknown("category", text, &known))
        })
    }

    fn yes_or_no(&mut self, _: &str, value: &DeValue<'_>) -> Result<bool, CatalogueFault> {
        let answer = value.as_bool();
        answer.ok_or_else(|| wrong_sort("true or false", value))
    }

    fn copies(&mut self, _: &str, value: &DeValue<'_>) -> Result<u16, CatalogueFault> {
        let copies = whole_number(value);
        let copies = copies.ok_or_else(|| wrong_sort("a whole number, such as 1", value))?;
        let copies = u16::try_from(copies).ok();
        copies
            .filter(|copies| (1..=COPIES_MAX).contains(copies))
            .ok_or(CatalogueFault::Copies)
    }

    fn documents(
        &mut self,
        field: &str,
        value: &DeValue<'_>,
    ) -> Result<Vec<Field<DocumentType>>, CatalogueFault> {
        let list = value.as_array();
        let list = list.ok_or_else(|| wrong_sort("a list of texts, as in `[\"deed\"]`", value))?;
        let mut documents: Vec<Field<DocumentType>> = Vec::new();
        for (index, item) in list.iter().enumerate() {
            let at = item.span().start;
            let read = self.text(field, item.get_ref());
            let read = read.and_then(|value| {
                let is_there = documents.iter().any(|it| it.value == value);
                let duplicate = CatalogueFault::DuplicateDocument;
                if is_there { Err(duplicate) } else { Ok(value) }
            });
            match read {
                Ok(value) => documents.push(Field { value, at }),
                Err(fault) => self.report(format!("{field}[{index}]"), at, fault),
            }
        }
        Ok(documents)
    }

    fn fees(
        &mut self,
        field: &str,
        value: &DeValue<'_>,
    ) -> Result<Vec<(Channel, Won)>, CatalogueFault> {
        let expected = "a table of channels, as in `{ online = 0, counter = 400 }`";
        let table = value.as_table();
        let table = table.ok_or_else(|| wrong_sort(expected, value))?;
        if table.is_empty() {
            return Err(CatalogueFault::NoChannel);
        }
        for (key, _) in table.iter() {
            let known = CHANNELS.iter().any(|it| it.as_str() == key.get_ref());
            if !known {
                let field = format!("{field}.{}", key.get_ref());
                let known = CHANNELS.each_ref().map(Channel::as_str);
                self.reader.unknown(self.name, key, field, &known);
            }
        }
        let mut fees = Vec::new();
        for channel in CHANNELS {
            let Some(value) = table.get(channel.as_str()) else {
                continue;
            };
            match fee(&channel, value.get_ref()) {
                Ok(fee) => fees.push((channel, fee)),
                Err(fault) => {
                    let field = format!("{field}.{channel}");
                    self.report(field, value.span().start, fault);
                }
            }
        }
        Ok(fees)
    }
}

/// Reads the value of a field, whose name is given for messages.
type Read<R, T> = fn(&mut R, &str, &DeValue<'_>) -> Result<T, CatalogueFault>;

type Documents = Field<Vec<Field<DocumentType>>>;

fn values(documents: Documents) -> Vec<DocumentType> {
    let documents = documents.value.into_iter();
    documents.map(|document| document.value).collect()
}

fn fee(channel: &Channel, value: &DeValue<'_>) -> Result<Won, CatalogueFault> {
    // Only petitions of a kind that has to be written lead to documents, and so to fees.
    if channel.is_spoken() {
        let channel = channel.clone();
        return Err(CatalogueFault::MustBeWritten { channel });
    }
    let won = whole_number(value);
    let won = won.ok_or_else(|| wrong_sort("a whole number of won, such as 400", value))?;
    if won < 0 {
        return Err(CatalogueFault::NegativeFee);
    }
    let won = u32::try_from(won);
    let won = won.map_err(|_| CatalogueFault::TooLarge { max: u32::MAX })?;
    Ok(Won::new(won))
}

/// A whole number; one that is too large for anything here is as large as can be.
fn whole_number(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    let parsed = i64::from_str_radix(number.as_str(), number.radix());
    let is_negative = number.as_str().starts_with('-');
    Some(parsed.unwrap_or(if is_negative { i64::MIN } else { i64::MAX }))
}

fn wrong_sort(expected: &'static str, value: &DeValue<'_>) -> CatalogueFault {
    let found = match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    CatalogueFault::WrongSort { expected, found }
}
