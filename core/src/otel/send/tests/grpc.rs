//! Over gRPC: a real server, as tonic makes one.

use super::*;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceResponse,
    trace_service_server::{TraceService, TraceServiceServer},
};
use tonic::{Code, Request, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

type Said = Result<ExportTraceServiceResponse, Status>;

/// What it was sent, and what it answers, the last answer again and again.
#[derive(Clone)]
pub(super) struct GrpcReceiver {
    answers: Arc<Mutex<Vec<Said>>>,
    got: Arc<Mutex<Vec<ExportTraceServiceRequest>>>,
}

#[tonic::async_trait]
impl TraceService for GrpcReceiver {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<tonic::Response<ExportTraceServiceResponse>, Status> {
        self.got.lock().unwrap().push(request.into_inner());
        let mut answers = self.answers.lock().unwrap();
        let answer = match answers.len() {
            1 => answers[0].clone(),
            _ => answers.remove(0),
        };
        answer.map(tonic::Response::new)
    }
}

impl GrpcReceiver {
    pub(super) fn new(answers: Vec<Said>) -> Self {
        Self {
            answers: Arc::new(Mutex::new(answers)),
            got: Arc::default(),
        }
    }

    /// Takes messages of this size at most.
    pub(super) fn app(&self, most: usize) -> Router {
        let service = TraceServiceServer::new(self.clone()).max_decoding_message_size(most);
        let path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
        Router::new().route_service(path, service)
    }

    /// Serves one that takes messages of this size at most, and gives what sends there.
    async fn outlet(answers: Vec<Said>, most: usize) -> (Self, Outlet) {
        let this = Self::new(answers);
        let outlet = outlet(this.app(most), Protocol::Grpc).await;
        (this, outlet)
    }

    /// The ids of the spans in each request.
    pub(super) fn ids(&self) -> Vec<Vec<Vec<u8>>> {
        let ids = |request: &ExportTraceServiceRequest| {
            let spans = &request.resource_spans[0].scope_spans[0].spans;
            spans.iter().map(|span| span.span_id.clone()).collect()
        };
        self.got.lock().unwrap().iter().map(ids).collect()
    }
}

pub(super) fn taken() -> Said {
    Ok(ExportTraceServiceResponse::default())
}

#[tokio::test]
async fn a_message_that_is_too_large_is_split_until_it_fits() {
    let most = 8 << 10;
    let (receiver, outlet) = GrpcReceiver::outlet(vec![taken()], most).await;
    let sent = outlet.send(&[], cycles(), SOON).await.unwrap();
    assert!(sent.requests > 1 && sent.refused.is_empty(), "{sent:?}");
    assert_eq!(sent.spans, count());
    let mut arrived = receiver.ids().concat();
    assert_eq!(arrived.len() as u64, count(), "each once");
    arrived.sort();
    arrived.dedup();
    assert_eq!(arrived.len() as u64, count());
    let got = receiver.got.lock().unwrap();
    assert!(got.iter().all(|request| request.encoded_len() <= most));
}

#[tokio::test]
async fn who_asks_for_patience_gets_it_and_then_the_same_spans() {
    let second = ErrorDetails::with_retry_info(Some(Duration::from_secs(1)));
    let busy = Status::with_error_details(Code::ResourceExhausted, "busy", second);
    let away = Status::unavailable("away");
    let answers = vec![Err(busy), Err(away), taken()];
    let (receiver, outlet) = GrpcReceiver::outlet(answers, 4 << 20).await;
    let begun = Instant::now();
    let mut told = Vec::new();
    let waits = |why: &str| told.push(why.to_owned());
    let sent = outlet.deliver(&[], cycles(), waits).await;
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!((sent.spans, sent.requests), (count(), 1));
    let got = receiver.ids();
    assert!(got.len() == 3 && got[0] == got[1] && got[1] == got[2]);
    assert!(
        told[0].ends_with("busy") && told[1].ends_with("away"),
        "{told:?}"
    );
}

#[tokio::test]
async fn what_is_refused_is_counted_and_not_sent_again() {
    let partly = ExportTracePartialSuccess {
        rejected_spans: 2,
        error_message: "two of them".into(),
    };
    let partly = ExportTraceServiceResponse {
        partial_success: Some(partly),
    };
    let (receiver, outlet) = GrpcReceiver::outlet(vec![Ok(partly)], 4 << 20).await;
    let sent = outlet.send(&[], cycles(), SOON).await.unwrap();
    assert_eq!((sent.spans, sent.rejected_spans), (count() - 2, 2));
    assert_eq!(sent.why.as_deref(), Some("two of them"));
    assert_eq!(receiver.ids().len(), 1);

    let no = Err(Status::permission_denied("not you"));
    let (receiver, outlet) = GrpcReceiver::outlet(vec![no], 4 << 20).await;
    let sent = outlet.send(&[], cycles(), SOON).await.unwrap();
    assert_eq!((sent.spans, sent.refused.len()), (0, 3));
    assert!(sent.why.unwrap().ends_with("not you"));
    assert_eq!(receiver.ids().len(), 1);
}
