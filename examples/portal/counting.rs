//! A store that says how many appends a call took.

use std::{cell::Cell, future::Future};

use minwon::Store;
use minwon_core::testing::{Call, CallError, Hook, Hooked};

tokio::task_local! {
    static APPENDS: Cell<u64>;
}

/// Any store. Appends are counted for whoever [wants to know](counted).
pub(crate) type CountingStore = Hooked<Store, Appends>;

/// Counts appends.
#[derive(Debug)]
pub(crate) struct Appends;

impl Appends {
    pub(crate) fn to(store: Store) -> CountingStore {
        Hooked::new(store, Self)
    }
}

/// The answer of a call, and how many appends it waited for.
pub(crate) async fn counted<A>(call: impl Future<Output = A>) -> (A, u64) {
    let counting = async {
        let answer = call.await;
        (answer, APPENDS.with(Cell::get))
    };
    APPENDS.scope(Cell::new(0), counting).await
}

impl<S> Hook<S> for Appends {
    type Memory = ();

    async fn around<T: Send, E: CallError>(
        &self,
        call: Call<'_>,
        run: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        if let Call::Append { .. } = call {
            // Outside of such a call nobody wants to know.
            let _ = APPENDS.try_with(|appends| appends.set(appends.get() + 1));
        }
        run.await
    }
}
