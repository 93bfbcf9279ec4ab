//! How long does each page take? An office with many petitions and dead letters, each page asked many times.
//!
//! ```sh
//! cargo run --release -p minwon-console --example figures -- --petitions 100000 --letters 5000
//! ```

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    http::{Request, header},
};
use clap::Parser;
use http_body_util::BodyExt as _;
use minwon::{
    Clock as _, CommandId, ListPart, Namespace, Notification, Notifier, NotifyError,
    PetitionService, ReadModels, Store, SystemClock,
    engine::Selection,
    petitions::{
        Category, Channel, PetitionKind, ServiceType,
        application::{Assign, ReceiptDue, Receive, Submit},
    },
};
use minwon_console::{Console, OperatorList, RecordFile, Role, Secret};
use tower::ServiceExt as _;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const HOUR: Duration = Duration::from_secs(3_600);

/// How long each page of the console takes.
#[derive(Debug, Parser)]
struct Options {
    /// Petitions of the last fortnight, two or three events each
    #[arg(long, default_value_t = 100_000)]
    petitions: u64,
    /// Notices of them that are refused
    #[arg(long, default_value_t = 5_000)]
    letters: u64,
    /// How often each page is asked
    #[arg(long, default_value_t = 50)]
    asks: usize,
    /// Keeps the events there: memory:, or sqlite:PATH
    #[arg(long, value_name = "URL", default_value = "memory:")]
    store: String,
}

/// Refuses the notices of one petition in so many.
struct Mail {
    every: u64,
}

impl Notifier for Mail {
    async fn notify(&self, notice: &Notification) -> Result<(), NotifyError> {
        let number: u64 = notice.petition_id.as_str()[2..].parse().unwrap_or(0);
        match number.is_multiple_of(self.every) {
            true => Err(NotifyError::Refused(
                "535 5.7.8 the password has expired".into(),
            )),
            false => Ok(()),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let options = Options::parse();
    let store = Store::open(&options.store.parse()?)?;
    let read_models = ReadModels::beside(&store);
    let namespace = Namespace::new("general".parse()?, store, SystemClock);
    let mail = Mail {
        every: (options.petitions / options.letters.max(1)).max(1),
    };
    let service = PetitionService::builder(namespace, read_models)
        .notifying(mail)
        .engine(minwon::engine::EngineBuilder::index_messages)
        .start();
    let begun = Instant::now();
    fill(&service, options.petitions).await?;
    service.settled().await?;
    eprintln!("filled in {:.1} s", begun.elapsed().as_secs_f64());

    let kim = Secret::random()?;
    let roles = [Role::Look, Role::Read, Role::Mend];
    let operators = OperatorList::of_one("kim".parse()?, roles, &kim);
    let record = tempfile::NamedTempFile::new()?;
    let record = RecordFile::open(record.path()).await?;
    let router = Console::new(service.clone(), operators, record).router();
    let cookie = sign_in(&router, kim.reveal()).await?;

    let groups = service.letters().groups().await?.value;
    let letters: u64 = groups.values().sum();
    println!("{} petitions, {letters} letters", options.petitions);
    println!("{:<52} {:>9} {:>9} {:>9}", "", "median", "p99", "kB");
    for page in pages(&service).await? {
        let mut times = Vec::new();
        let mut bytes = 0;
        for _ in 0..options.asks {
            let begun = Instant::now();
            bytes = ask(&router, &cookie, &page).await?;
            times.push(begun.elapsed());
        }
        times.sort();
        let ms = |at: usize| times[at.min(times.len() - 1)].as_secs_f64() * 1_000.0;
        let (median, p99) = (ms(times.len() / 2), ms(times.len() * 99 / 100));
        let page: String = page.chars().take(52).collect();
        println!(
            "{page:<52} {median:>6.1} ms {p99:>6.1} ms {:>9}",
            bytes / 1_000
        );
    }
    service.stop().await;
    Ok(())
}

/// Files petitions, which are received; most have an officer.
async fn fill(service: &PetitionService, petitions: u64) -> Result<(), Failure> {
    let now = SystemClock.now();
    let numbers = Arc::new(AtomicU64::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..64 {
        let (service, numbers) = (service.clone(), Arc::clone(&numbers));
        tasks.spawn(async move {
            loop {
                let number = numbers.fetch_add(1, Ordering::Relaxed);
                if number >= petitions {
                    return Ok::<(), Failure>(());
                }
                let age = Duration::from_secs((petitions - number) * 14 * 86_400 / petitions);
                file(&service, number, now.saturating_sub(age)).await?;
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

async fn file(
    service: &PetitionService,
    number: u64,
    at: minwon::Timestamp,
) -> Result<(), Failure> {
    let submit = Submit {
        category: Category::General,
        service: ServiceType::DeadlineBound,
        kind: PetitionKind::Statutory,
        channel: Channel::Online,
        petition_type: "permit".parse()?,
        applicant: format!("applicant-{}", number % 5_000).parse()?,
        agency: "Jongno District Office".parse()?,
        submitted_at: at,
        attachments: Vec::new(),
    };
    let receive = Receive {
        receipt_number: format!("R-{number:06}").parse()?,
        kind: PetitionKind::Statutory,
        period: "7 days".parse()?,
        due: ReceiptDue::ByStatute,
        department: format!("Department {}", number % 12).parse()?,
        received_at: at,
    };
    let id = format!("p-{number:06}");
    let session = service.as_actor("citizen-1".parse()?, "portal".parse()?);
    let petition = session.at(at).petition(Category::General, id.parse()?);
    petition
        .file(CommandId::random(), submit, Some(&receive))
        .await?;
    if number % 9 != 4 {
        let assigned_at = at.saturating_add(HOUR);
        let assign = Assign {
            officer: format!("officer-{}", number % 70).parse()?,
            by: "head-1".parse()?,
            assigned_at,
        };
        let session = service.as_actor("head-1".parse()?, "back-office".parse()?);
        let petition = session.at(assigned_at);
        petition
            .petition(Category::General, id.parse()?)
            .give(assign)
            .await?;
    }
    Ok(())
}

/// Every page that there is, as it is reached by a link.
async fn pages(service: &PetitionService) -> Result<Vec<String>, Failure> {
    let mut pages: Vec<String> = [
        "/",
        "/messages",
        "/messages?subject=p-000040",
        "/messages?types=GeneralApplicationReceived",
        "/messages?service=back-office",
        "/messages?failed=on",
        "/flow",
        "/letters",
        "/letters?by=consumer",
        "/letters/list",
        "/letters/list?consumer=notifications",
        "/letters/asks",
        "/read-models",
        "/work",
        "/work?list=late",
        "/work?list=awaiting",
        "/work?list=department",
        "/work?list=officer",
        "/work?list=officer&of=officer-7",
        "/work?list=waiting&of=General&for=officer&hours=1",
        "/work?list=waiting&of=General&for=register&hours=1",
        "/petitions/p-000041",
        "/messages/one?stream=general_GeneralApplication-p-000041&version=1",
    ]
    .map(str::to_owned)
    .into();
    let letters = service.letters();
    let letters = letters.list(&Selection::All, &ListPart::default()).await?;
    if let Some(letter) = letters.value.letters.first() {
        let (consumer, position) = (&letter.consumer, letter.event.position);
        let one = format!("consumer={consumer}&event={position}");
        pages.extend([
            format!("/petitions/{}", letter.event.subject),
            format!("/letters/one?{one}"),
            format!("/letters/ask?act=retry&{one}"),
            format!("/letters/ask?act=skip&petition={}", letter.event.subject),
            "/letters/ask?act=retry".to_owned(),
        ]);
    }
    Ok(pages)
}

async fn sign_in(router: &Router, secret: &str) -> Result<String, Failure> {
    let form = Request::post("/sign-in")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(format!("credential={secret}")))?;
    let answer = router.clone().oneshot(form).await?;
    let cookie = answer.headers().get(header::SET_COOKIE);
    let cookie = cookie.ok_or("nobody was let in")?.to_str()?;
    Ok(cookie.split(';').next().unwrap_or_default().to_owned())
}

/// The length of a page. Unit: bytes.
async fn ask(router: &Router, cookie: &str, page: &str) -> Result<usize, Failure> {
    let request = Request::get(page)
        .header(header::COOKIE, cookie)
        .header(header::ACCEPT_LANGUAGE, "ko")
        .body(Body::empty())?;
    let answer = router.clone().oneshot(request).await?;
    if answer.status() != 200 {
        return Err(format!("{page}: {}", answer.status()).into());
    }
    Ok(answer.into_body().collect().await?.to_bytes().len())
}
