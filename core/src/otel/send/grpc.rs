//! OTLP over gRPC.

use super::{Answer, Connector, Settings, chain};
use http::Uri;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, trace_service_client::TraceServiceClient,
};
use std::task::{Context, Poll};
use tonic::{
    Code, Request, Status,
    codec::CompressionEncoding,
    metadata::MetadataMap,
    transport::{Channel, Endpoint},
};
use tonic_types::StatusExt as _;
use tower_service::Service;

#[derive(Clone, Debug)]
pub(super) struct Grpc(TraceServiceClient<Channel>);

impl Grpc {
    pub(super) fn new(connector: Connector, settings: &Settings) -> Self {
        let endpoint = settings.endpoint.clone();
        let toward = Toward(connector, endpoint.clone());
        let channel = Endpoint::from_static("http://receiver")
            .origin(endpoint)
            .connect_with_connector_lazy(toward);
        // Servers compress their answers as the request was, and some do it unasked.
        let mut client =
            TraceServiceClient::new(channel).accept_compressed(CompressionEncoding::Gzip);
        if settings.gzip {
            client = client.send_compressed(CompressionEncoding::Gzip);
        }
        Self(client)
    }

    pub(super) async fn ask(
        &self,
        settings: &Settings,
        request: ExportTraceServiceRequest,
    ) -> Answer {
        let mut request = Request::new(request);
        let headers = settings.headers.iter().cloned().collect();
        *request.metadata_mut() = MetadataMap::from_headers(headers);
        match self.0.clone().export(request).await {
            Ok(response) => Answer::Taken(response.into_inner().partial_success),
            Err(status) => answer(&status),
        }
    }
}

/// Connects to this endpoint, whatever tonic asks for: where a crate of the app's gives tonic a TLS of its own, it would not let
/// a connection for `https` pass that was made otherwise.
#[derive(Clone)]
struct Toward(Connector, Uri);

impl Service<Uri> for Toward {
    type Response = <Connector as Service<Uri>>::Response;
    type Error = <Connector as Service<Uri>>::Error;
    type Future = <Connector as Service<Uri>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        self.0.call(self.1.clone())
    }
}

/// How servers of several languages (Go, C++, Java, .NET, Rust) say that a message is too large: there is no code for it.
const TOO_LARGE: [&str; 4] = [
    "larger than max",
    "exceeds maximum size",
    "exceeds the maximum",
    "length too large",
];

/// Which codes mean "later" is what the protocol says.
fn answer(status: &Status) -> Answer {
    let said = chain(status.message().to_owned(), status);
    let why = format!("{}: {said}", status.code().description());
    let retry = status.get_details_retry_info();
    let after = retry.and_then(|info| info.retry_delay);
    match status.code() {
        Code::ResourceExhausted | Code::OutOfRange
            if TOO_LARGE.iter().any(|said| status.message().contains(said)) =>
        {
            Answer::TooLarge { why }
        }
        Code::ResourceExhausted if after.is_none() => Answer::Refused { why },
        Code::Cancelled
        | Code::DeadlineExceeded
        | Code::ResourceExhausted
        | Code::Aborted
        | Code::OutOfRange
        | Code::Unavailable
        | Code::DataLoss => Answer::Later { after, why },
        // What tonic says when the connection breaks under a request.
        Code::Unknown if std::error::Error::source(status).is_some() => {
            Answer::Later { after, why }
        }
        _ => Answer::Refused { why },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tonic_types::ErrorDetails;

    #[test]
    fn codes_are_told_apart_as_the_protocol_says() {
        for code in [
            Code::Cancelled,
            Code::DeadlineExceeded,
            Code::Aborted,
            Code::OutOfRange,
            Code::Unavailable,
            Code::DataLoss,
        ] {
            assert!(matches!(
                answer(&Status::new(code, "x")),
                Answer::Later { .. }
            ));
        }
        for code in [
            Code::InvalidArgument,
            Code::PermissionDenied,
            Code::Unauthenticated,
            Code::Unimplemented,
            Code::Internal,
            Code::Unknown,
            Code::ResourceExhausted,
        ] {
            assert!(matches!(
                answer(&Status::new(code, "x")),
                Answer::Refused { .. }
            ));
        }
        let three = Duration::from_secs(3);
        let details = ErrorDetails::with_retry_info(Some(three));
        let busy = Status::with_error_details(Code::ResourceExhausted, "busy", details);
        assert!(matches!(answer(&busy), Answer::Later { after: Some(a), .. } if a == three));
        for (code, large) in [
            (
                Code::ResourceExhausted,
                "grpc: received message larger than max (5000000 vs. 4194304)",
            ),
            (
                Code::ResourceExhausted,
                "gRPC message exceeds maximum size 4194304: 5000000",
            ),
            (
                Code::ResourceExhausted,
                "Received message exceeds the maximum configured message size.",
            ),
            (
                Code::OutOfRange,
                "Error, decoded message length too large: found 5000000 bytes, the limit is: 4194304 bytes",
            ),
        ] {
            let told = answer(&Status::new(code, large));
            assert!(matches!(told, Answer::TooLarge { .. }), "{large}");
        }
    }
}
