//! The services of one node, and what comes before every call.

use std::net::SocketAddr;
use std::sync::Arc;

use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status, Streaming};

use crate::faults::HandshakeFault;
use crate::node::Shared;
use crate::outgoing::Outgoing;
use crate::protocol::event_store::client::gossip::gossip_server::{Gossip, GossipServer};
use crate::protocol::event_store::client::gossip::member_info::VNodeState;
use crate::protocol::event_store::client::gossip::{ClusterInfo, EndPoint, MemberInfo};
use crate::protocol::event_store::client::server_features::server_features_server::{
    ServerFeatures, ServerFeaturesServer,
};
use crate::protocol::event_store::client::server_features::{SupportedMethod, SupportedMethods};
use crate::protocol::event_store::client::streams::streams_server::{Streams, StreamsServer};
use crate::protocol::event_store::client::streams::{
    AppendReq, AppendResp, BatchAppendReq, BatchAppendResp, DeleteReq, DeleteResp, ReadReq,
    TombstoneReq, TombstoneResp,
};
use crate::protocol::event_store::client::uuid::Value;
use crate::protocol::event_store::client::{Empty, Uuid};
use crate::tally::Call;
use crate::{append, delete, read, refusal};

/// One node, as its services see it.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) shared: Arc<Shared>,
    pub(crate) node: usize,
}

pub(crate) fn servers(
    shared: &Arc<Shared>,
    node: usize,
    bytes_max: usize,
) -> (
    StreamsServer<Service>,
    GossipServer<Service>,
    ServerFeaturesServer<Service>,
) {
    let service = Service {
        shared: Arc::clone(shared),
        node,
    };
    (
        StreamsServer::new(service.clone()).max_decoding_message_size(bytes_max),
        GossipServer::new(service.clone()),
        ServerFeaturesServer::new(service),
    )
}

/// Whether a call insists on the leader.
pub(crate) fn requires_leader(headers: &MetadataMap) -> bool {
    headers
        .get("requires-leader")
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"))
}

impl Service {
    /// Refuses whoever may not, and whoever wants the leader where it is not.
    pub(crate) fn admit(&self, headers: &MetadataMap, stream: &str) -> Result<(), Status> {
        self.shared.config.users.check(headers, stream)?;
        if requires_leader(headers) && !self.shared.leads(self.node) {
            return Err(refusal::not_leader(self.shared.leader()));
        }
        Ok(())
    }

    /// A leader that is not this node, as far as there is one, for those who are sent elsewhere.
    pub(crate) fn other_leader(&self) -> Option<SocketAddr> {
        self.shared.leader()
    }

    /// What befalls a call before any work; the version is wrong where it says so.
    async fn handshake(&self, call: &str) -> Result<bool, Status> {
        let faults = &self.shared.faults;
        let Some(fault) = faults.next::<HandshakeFault>(call) else {
            return Ok(false);
        };
        faults.note(fault);
        match fault {
            HandshakeFault::Unavailable => Err(Status::unavailable("Server Is Not Ready")),
            HandshakeFault::Unimplemented => Err(Status::unimplemented("")),
            HandshakeFault::WrongVersion => Ok(true),
            HandshakeFault::Hang => {
                faults.hang().await;
                Ok(false)
            }
        }
    }
}

#[tonic::async_trait]
impl ServerFeatures for Service {
    async fn get_supported_methods(
        &self,
        _: Request<Empty>,
    ) -> Result<Response<SupportedMethods>, Status> {
        self.shared.tally.count(Call::Handshake);
        let is_wrong = self.handshake("features").await?;
        let version = self.shared.config.version.to_string();
        let method = |name: &str, features: &[&str]| SupportedMethod {
            method_name: name.into(),
            service_name: "event_store.client.streams.streams".into(),
            features: features.iter().map(ToString::to_string).collect(),
        };
        Ok(Response::new(SupportedMethods {
            // Batch append is not named, for it is not there.
            methods: vec![
                method("append", &[]),
                method("read", &["position", "events"]),
                method("delete", &[]),
                method("tombstone", &[]),
            ],
            event_store_server_version: if is_wrong { "none".into() } else { version },
        }))
    }
}

#[tonic::async_trait]
impl Gossip for Service {
    async fn read(&self, _: Request<Empty>) -> Result<Response<ClusterInfo>, Status> {
        self.shared.tally.count(Call::Gossip);
        self.handshake("gossip").await?;
        let member = |(index, node): (usize, &crate::node::Node)| MemberInfo {
            instance_id: Some(Uuid {
                value: Some(Value::String(
                    uuid::Uuid::from_u128(index as u128 + 1).to_string(),
                )),
            }),
            time_stamp: 0,
            state: match self.shared.leads(index) {
                true => VNodeState::Leader,
                false => VNodeState::Follower,
            }
            .into(),
            is_alive: node.is_up(),
            http_end_point: Some(EndPoint {
                address: node.address.ip().to_string(),
                port: node.address.port().into(),
            }),
        };
        let members = self.shared.nodes.iter().enumerate().map(member).collect();
        Ok(Response::new(ClusterInfo { members }))
    }
}

#[tonic::async_trait]
impl Streams for Service {
    type ReadStream = Outgoing;
    type BatchAppendStream = tokio_stream::Empty<Result<BatchAppendResp, Status>>;

    async fn read(&self, request: Request<ReadReq>) -> Result<Response<Outgoing>, Status> {
        read::read(self, request).await.map(Response::new)
    }

    async fn append(
        &self,
        request: Request<Streaming<AppendReq>>,
    ) -> Result<Response<AppendResp>, Status> {
        append::append(self, request).await.map(Response::new)
    }

    async fn delete(&self, request: Request<DeleteReq>) -> Result<Response<DeleteResp>, Status> {
        delete::delete(self, request).await.map(Response::new)
    }

    async fn tombstone(
        &self,
        request: Request<TombstoneReq>,
    ) -> Result<Response<TombstoneResp>, Status> {
        delete::tombstone(self, request).await.map(Response::new)
    }

    async fn batch_append(
        &self,
        _: Request<Streaming<BatchAppendReq>>,
    ) -> Result<Response<Self::BatchAppendStream>, Status> {
        Err(Status::unimplemented("the stand-in takes no batches"))
    }
}
