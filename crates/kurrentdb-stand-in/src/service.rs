//! The services of one node.

use std::io;
use std::sync::Arc;

use tonic::transport::Server;
use tonic::{Request, Response, Status, Streaming};

use crate::caller::Service;
use crate::node::Shared;
use crate::outgoing::Outgoing;
use crate::tally::Call;
use crate::{append, delete, read};
use minwon_kurrentdb_protocol::gossip::gossip_server::{Gossip, GossipServer};
use minwon_kurrentdb_protocol::gossip::member_info::VNodeState;
use minwon_kurrentdb_protocol::gossip::{ClusterInfo, EndPoint, MemberInfo};
use minwon_kurrentdb_protocol::server_features::server_features_server::{
    ServerFeatures, ServerFeaturesServer,
};
use minwon_kurrentdb_protocol::server_features::{SupportedMethod, SupportedMethods};
use minwon_kurrentdb_protocol::streams::streams_server::{Streams, StreamsServer};
use minwon_kurrentdb_protocol::streams::{
    AppendReq, AppendResp, DeleteReq, DeleteResp, ReadReq, TombstoneReq, TombstoneResp,
};
use minwon_kurrentdb_protocol::uuid::Value;
use minwon_kurrentdb_protocol::{Empty, Uuid};

/// The biggest message taken, as servers take it.
const MESSAGE_BYTES_MAX: usize = 16 << 20;

/// Most calls and subscriptions on one connection; further ones wait until one has ended. Servers leave
/// this and the two windows as Kestrel has them, the server of HTTP/2 that they are made with.
const CALLS_MAX: u32 = 100;

/// What a client may send ahead on one call, and on all of a connection. Unit: bytes.
const CALL_WINDOW_BYTES: u32 = 768 << 10;
const CONNECTION_WINDOW_BYTES: u32 = 1 << 20;

/// Starts a node, unless it is up.
pub(crate) fn start(shared: &Arc<Shared>, node: usize) -> io::Result<()> {
    let service = Service {
        shared: Arc::clone(shared),
        node,
    };
    let streams = StreamsServer::new(service.clone());
    let router = Server::builder()
        .max_concurrent_streams(CALLS_MAX)
        .initial_stream_window_size(CALL_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .add_service(streams.max_decoding_message_size(MESSAGE_BYTES_MAX))
        .add_service(GossipServer::new(service.clone()))
        .add_service(ServerFeaturesServer::new(service));
    shared.nodes[node].start(shared, |incoming| async {
        // Connections that end badly are what tests want; the listener itself does not fail.
        let _ = router.serve_with_incoming(incoming).await;
    })
}

#[tonic::async_trait]
impl ServerFeatures for Service {
    async fn get_supported_methods(
        &self,
        request: Request<Empty>,
    ) -> Result<Response<SupportedMethods>, Status> {
        self.shared.tally.count(Call::Handshake);
        let is_wrong = self.handshake(request.metadata(), "features").await?;
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
    async fn read(&self, request: Request<Empty>) -> Result<Response<ClusterInfo>, Status> {
        self.shared.tally.count(Call::Gossip);
        self.handshake(request.metadata(), "gossip").await?;
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
}
