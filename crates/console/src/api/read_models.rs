//! The read models: their generations, and what is done about them.

use axum::{body::Bytes, extract::Path};
use minwon::{
    engine::ModelName,
    operator::api::{PlanShown, ReadModelList, ReadModelShown},
};

use super::{Caller, Json};
use crate::{
    Failure,
    authentication::Role,
    door::Visitor,
    pages::upkeep::{ActForm, model_of},
};

pub(super) async fn all(Caller(visitor): Caller) -> Result<Json<ReadModelList>, Failure> {
    let mut read_models = Vec::new();
    for model in visitor.app.desk.upkeep().models() {
        read_models.push(shown(&visitor, &model).await?);
    }
    Ok(Json(ReadModelList { read_models }))
}

pub(super) async fn one(
    Caller(visitor): Caller,
    Path(model): Path<String>,
) -> Result<Json<ReadModelShown>, Failure> {
    let model = model_of(&visitor, &model)?;
    Ok(Json(shown(&visitor, &model).await?))
}

/// What building it anew would come to.
pub(super) async fn plan(
    Caller(visitor): Caller,
    Path(model): Path<String>,
) -> Result<Json<PlanShown>, Failure> {
    visitor.needs(Role::Mend)?;
    let model = model_of(&visitor, &model)?;
    let plan = visitor.app.desk.upkeep().plan(&model).await?;
    Ok(Json(PlanShown::from(&plan)))
}

/// Does something about one, and shows how it is then.
pub(super) async fn tend(
    Caller(visitor): Caller,
    body: Bytes,
) -> Result<Json<ReadModelShown>, Failure> {
    let asked: ActForm =
        serde_json::from_slice(&body).map_err(|_| Failure::Malformed("malformed-request"))?;
    let model = asked.carry_out(&visitor).await?;
    Ok(Json(shown(&visitor, &model).await?))
}

async fn shown(visitor: &Visitor, model: &ModelName) -> Result<ReadModelShown, Failure> {
    let desk = &visitor.app.desk;
    Ok(ReadModelShown::of(
        &desk.upkeep().look(model).await?,
        desk.now(),
    ))
}
