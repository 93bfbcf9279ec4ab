# 콘솔의 글, 한국어. 모든 키는 같은 변수와 함께 en.ftl에도 있으며 시험이 둘을 비교한다.

## 자리

overview = 현황
letters = 처리하지 못한 사건
letter = 처리하지 못한 사건
work = 업무
read-models = 조회 모델
asks = 요청
places = 메뉴
to-content = 본문으로
find-petition = 민원 번호 또는 접수번호
sign-out = 로그아웃
as-of = 기준 위치
went-backwards = 조회 모델이 이전보다 뒤처졌습니다. 한동안 일부 결과가 보이지 않을 수 있습니다.
next-part = 다음 쪽

## 로그인

sign-in-title = 운영자 콘솔
sign-in-credential = 비밀 값 또는 토큰
sign-in-refused = 들어올 수 없는 값입니다. 빠진 글자가 없는지, 기한이 지나지 않았는지 확인하십시오.
sign-in-too-many = 최근 거부된 로그인이 너무 많아 확인하지 않았습니다. { $count }분 뒤에 다시 시도해 주십시오.
sign-in = 로그인
forbidden-look = 볼 수 있는 권한이 없습니다. "look" 역할을 요청하십시오.
forbidden-read = 민원의 내용을 보려면 "read" 역할이 필요합니다.
forbidden-mend = 바꾸려면 "mend" 역할이 필요합니다.
forbidden-approve = "approve" 역할이 필요합니다.
forged = 이 세션의 양식이 아닙니다. 되돌아가 쪽을 다시 불러온 뒤 보내십시오. 아무것도 하지 않았습니다.

## 답할 수 없는 것

malformed-form = 양식을 읽을 수 없습니다. 아무것도 하지 않았습니다.
malformed-filter = 주소가 가리키는 것이 있을 수 없습니다.
malformed-place = 주소가 이 목록의 자리를 가리키지 않습니다. 첫 쪽부터 보십시오.
no-such-page = 그런 쪽이 없습니다.
no-such-petition = 그런 민원 번호나 접수번호의 민원이 여기에 없습니다.
several-petitions = 여러 민원이 이 접수번호를 씁니다. 민원 번호로 찾으십시오.
no-such-letter = 그 사이에 처리되었거나 결정되어 더는 처리하지 못한 사건이 아닙니다.
no-such-ask = 그런 요청이 없습니다. 서비스가 시작되기 전의 요청은 남지 않으며, 결정된 것은 기록에 있습니다.
ask-is-decided = 이미 결정된 요청입니다.
own-ask = 요청한 사람이 아닌 다른 사람이 승인해야 합니다.
too-many-asks = 기다리거나 진행 중인 요청이 너무 많습니다. 먼저 그것부터 처리하십시오.
letters-changed = 보여 드린 뒤에 사건이 더 들어왔습니다. 다시 보십시오. 아무것도 하지 않았습니다.
no-reason = 사유가 필요합니다. 아무것도 하지 않았습니다.
reason-too-long = 사유가 너무 깁니다. 아무것도 하지 않았습니다.
no-answer = 지금은 답할 수 없습니다.
no-token = 요청마다 토큰(Authorization: Bearer …)이 필요합니다. 쿠키는 보지 않습니다.
malformed-request = 요청이 가리키는 것이 있을 수 없습니다. 아무것도 하지 않았습니다.
no-such-method = 여기에는 그런 방식으로 물을 수 없습니다.
too-long = 요청이 너무 깁니다. 아무것도 하지 않았습니다.
other-operator = 이름을 댄 사람과 다른 사람의 토큰입니다. 아무것도 하지 않았습니다.
too-many-waits = 기다리는 요청이 너무 많습니다. 나중에 다시 물으십시오.

## 현황

all-is-well = 모두 정상입니다.
not-live = 서비스가 고장 났습니다. 다시 시작해야 합니다.
ending = 서비스가 끝나는 중이며 새 일을 받지 않습니다.
not-ready = 서비스가 일을 다 하지 못하고 있습니다.
something-is-wrong = 살펴볼 일이 있습니다.
letters-no-answer = 처리하지 못한 사건이 몇 건인지 알 수 없습니다.
letters-open = { $count ->
    [0] 처리하지 못한 사건이 없습니다.
   *[other] 처리하지 못한 사건이 { $count }건 있습니다.
}
letters-open-advice = 원인을 고친 뒤 다시 시도하십시오.
register-fails = 원천 자료를 요청한 최근 문서 { $of }건 가운데 { $count }건을 만들지 못했습니다.
register-fails-advice = 사건에서 이유를 보고 원천 시스템이 동작하는지 확인하십시오. 응답이 없던 것은 저절로 다시 요청하고, 거절된 것은 실패로 끝나며 민원인에게 알립니다.
newer-keys = 이 프로그램의 새 판을 기다리는 키가 { $count }개 있습니다.
passed-over = 따르지 않는 분류의 사건이 { $count }건 있습니다.
letters-by-cause = 원인별 처리하지 못한 사건
more-causes = 그 밖의 원인 { $count }개
today = 오늘
due-today = 오늘 기한
late = 기한 지남
asks-open = 진행 중인 요청
pace = 지난 10분
pace-folded = 조회 모델에 반영한 사건
pace-handled = 후속 처리한 사건
pace-behind = 가장 오래 기다린 것
no-samples = 아직 잰 것이 없습니다. 몇 초 뒤에 다시 보십시오.
parts = 부분
part = 부분
state = 상태
since = 부터
running = 정상
paused = 멈칫함, 저절로 다시 감
stopped = 멈춤
being-built = 만드는 중
stuck = 막힘
start-again = 멈춘 것 다시 시작하기
advice-passing = 할 일 없음. 오래가면 원인이 말하는 곳에 닿는지 보십시오.
advice-contended = 할 일 없음. 오래가면 누가 또 쓰는지 보십시오.
advice-newer = 이 프로그램을 새 판으로 바꾸십시오. 읽지 못하는 것을 새 판이 썼습니다.
advice-misconfigured = 원인이 말하는 것을 바꾼 뒤 다시 시작하게 하십시오.
advice-damaged = 저장소를 그대로 복사해 두고, 원인이 말하는 것을 살핀 뒤 다시 시작하게 하십시오.
advice-bug = 서비스를 다시 시작하고 원인을 알려 주십시오.
advice-asked-to-stop = 멈추라고 해서 멈췄습니다. 서비스를 다시 시작하십시오.
advice-being-built = 기다리십시오. 기록을 처음부터 또는 새로 읽고 있습니다.
advice-stuck = 쓰는 저장소가 답하는지 보십시오.
advice-stuck-reactor = 요청하는 상대(메일 서버, 원천 시스템, 명령이 쓰는 저장소)가 답하는지 보십시오.

## 처리하지 못한 사건

no-letters = 처리하지 못한 사건이 여기에 없습니다.
all-letters = 처리하지 못한 사건 모두
by-cause = 원인별
by-consumer = 처리자별
by-type = 사건별
grouped-by = 묶는 기준
count = 건수
cause = 원인
consumer = 처리자
event-type = 사건
petition = 민원
attempts = 시도
parked = 뒤에 대기
error = 오류
error-class = 종류
stream = 스트림
history = 처리 이력
payload = 내용
retry-requested = 다시 시도할 예정
parked-behind = { $count ->
    [0] 뒤에 기다리는 사건 없음
   *[other] 뒤에 기다리는 사건 { $count }건
}
letter-queue-opened = 대기열 열림
letter-added = 처리하지 못함
letter-parked = 다른 사건 뒤에서 기다림
letter-retry-requested = 다시 시도 요청
letter-retry-failed = 다시 실패
letter-released = 처리됨
letter-skipped = 건너뜀
letter-compensated = 보상함

## 요청

act = 무엇
act-retry = 다시 시도
act-skip = 건너뛰기
act-compensate = 보상
retry-means = 먼저 하나를 시도하고, 잘되는 동안 점점 더 많이 시도합니다. 민원마다 사건의 순서는 지켜집니다.
skip-means = 처리자는 이 사건들 없이 영구히 나아가며, 조회 모델을 새로 만들 때도 그렇습니다. 뒤에 기다리는 사건이 이어집니다. 먼저 다시 시도해 보십시오.
compensate-means = 처리자는 이 사건들을 보상하고 이들 없이 영구히 나아갑니다. 뒤에 기다리는 사건이 이어집니다.
needs-approval = 다른 사람이 승인해야 실행됩니다.
preview-letters = 사건 { $count }건,
preview-petitions = 민원 { $count }건,
preview-due = 그 가운데 오늘이 기한이거나 기한이 지난 것 { $count }건.
preview-due-at-least = 그 가운데 오늘이 기한이거나 기한이 지난 것 적어도 { $count }건.
preview-due-unknown = 오늘이 기한인 것이 몇 건인지는 지금 알 수 없습니다.
letters-count = { $count }건
more-letters = 그 밖에 { $count }건
reason = 사유
leave-it = 그만두기
by = 요청자
no-asks = 서비스가 시작된 뒤 요청이 없습니다.
approve = 승인
turn-down = 반려
take-back = 거두기
stop = 멈추기
ask-waits = 다른 사람의 승인을 기다림
ask-begins = 요청한 지 { $count }초 뒤에 시작하며, 그때까지 거둘 수 있음
ask-runs = 진행 중
ask-done = 끝남
ask-stopped = 멈춤
ask-failed = 실패가 있어 그침
ask-turned-down = 반려됨
failed-again = { $count }건이 다시 실패했습니다.

## 민원

petition-stuck = 막힘: 사건 { $count }건을 처리하지 못했습니다.
view-is-whole = 조회하는 사람도 이대로 보고 있습니다
view-is-behind = 조회하는 사람에게는 아직 다 보이지 않습니다:
story = 있었던 일
kind-petition = 민원
kind-document = 문서
failed-only = 실패한 것만
cannot-be-read = 이 프로그램이 읽지 못합니다:
clock-runs = 여기서부터 처리기간이 흐릅니다.
clock-stands = 여기서부터 처리기간이 멈춥니다.
due = 기한

## 메시지

messages = 메시지
no-index = 이 서비스는 메시지 색인을 두지 않아 여기서 찾을 수 없습니다. `index_messages`로 만들면 둡니다.
no-messages = 이 쪽에 그런 메시지가 없습니다.
no-such-event = 기록에 그런 사건이 없습니다.
not-a = 이런 값은 있을 수 없습니다:
subject = 민원
types = 사건, 여럿이면 쉼표로
service = 서비스 또는 그 이름의 앞부분
correlation = 요청
trace = 추적
before = 이전
unreadable = 읽지 못하는 것
find = 찾기
failed = 막힌 것만
failed-are = 소비자가 처리하지 못한 사건과 그 뒤에서 기다리는 사건입니다. 가장 최근에 막힌 민원부터 보여 줍니다.
held-up = 막힌 곳
held-by = { $consumer }에서 처리하지 못함
held-behind = { $consumer }에서 앞의 사건을 기다림
held-more = (여기에 보이지 않는 { $count }건이 더 그 뒤에서 기다립니다)
find-all = 모든 메시지
recorded = 기록 시각
occurred = 일어난 시각
command = 명령
causes-and-effects = 원인과 결과
tree-is-cut = 이 요청의 결과가 여기 보이는 것보다 많습니다.

## 흐름

flow = 흐름
flow-is = 어떤 사건이 어떤 사건으로 이어졌는지, 기록에 남은 대로 보여 줍니다. 명령이 일으킨 것과, 사건에 대해 서비스의 각 부분이 한 일입니다.
flow-picture = 사건의 흐름
flow-said = 아래 표가 같은 내용을 담고 있습니다.
flow-table = 무엇이 어떤 사건으로 이어졌는지, 가장 잦은 것부터
flow-commands = 명령을 내림
flow-a-command = 명령
flow-elsewhere = 다른 곳의 사건
flow-is-cut = 가장 잦은 { $count }개만 그렸습니다. 표에는 모두 있습니다.
nothing-happened = 아직 일어난 일이 없습니다.
no-index-flow = 이 서비스는 흐름을 세는 메시지 색인을 두지 않습니다. `index_messages`로 서비스를 만들면 둡니다.

## 업무

waiting = 기다림
wait-for = 기다리는 것
wait-hours = 넘긴 시간 (시간)
wait-register = 대장
wait-agency = 다른 기관의 의견
wait-supplement = 보완
wait-officer = 담당자
wait-notice = 결과 통지
wait-letter = 처리하지 못한 사건
wait-none-here = 이 쪽에는 없습니다. 다음 쪽에서 이어서 찾습니다.
wait-unknown = 민원의 최근 단계에 남은 것만 압니다. 여러 번의 발급이나 여러 기관에 동시에 물은 경우 어느 쪽이 답했는지는 알 수 없고, 처리하지 못한 사건 뒤의 사건이 언제부터 기다리는지도 알 수 없습니다.
awaiting = 보완 대기
by-department = 부서별
by-officer = 담당자별
officer = 담당자
receipt = 접수번호
petition-type = 민원 종류
status = 상태
nothing-here = 여기에 아무것도 없습니다.
nothing-open = 처리 중인 민원이 없습니다.

## 조회 모델

log-ends-at = 기록의 끝 위치
read-model = 조회 모델
schema = 스키마
generation = 세대
position = 위치
slices = 조각
folded = 반영한 사건
behind-since = 확정 대기
answers = 답하는 중
earlier = 이전 판
not-promoted = 아직 답하지 않음:
reactors = 후속 처리
since-start = 서비스를 시작한 뒤부터 센 수입니다.
reactor = 후속 처리
handled = 처리한 사건
generations = 세대
role = 역할
answered-before = 전에 답함
role-next = 다음
role-beside = 여분
role-gone = 삭제되었거나 유실됨
other-fold = 다른 프로그램의 것
held-keys = 보류된 키
is-complete = 완성됨
not-complete = 미완성
stands-still = 시작된 뒤 멈추어 있음
act-rebuild = 새로 만들기
act-resume = 이어서 만들기
act-stop-build = 만들기 중지
act-verify = 기록과 대조
act-stop-verification = 대조 중지
act-promote = 답하게 하기
act-promote-despite-held = 그래도 답하게 하기
act-roll-back = 이 세대로 되돌리기
act-retire = 삭제
rebuild-means = 답하는 세대 곁에서 기록을 처음부터 다시 반영합니다. 새 세대가 답하게 하기 전까지 조회 결과는 달라지지 않습니다. 시스템 자원의 일부와 세대 하나만큼의 공간을 더 씁니다.
resume-means = 있던 곳에서 이어서 만들며, 답하게 하기 전까지 답하지 않습니다.
stop-build-means = 만들어진 부분은 남습니다. 이어서 만들거나 삭제할 수 있습니다.
verify-means = 업무를 계속하면서 기록을 다시 반영하여 세대의 모든 내용과 견줍니다. 모든 뷰만큼의 메모리가 필요하며, 아무것도 바꾸지 않습니다.
stop-verification-means = 잃는 것은 없습니다. 다음에는 처음부터 시작합니다.
promote-means = 이제부터 지금 답하는 세대를 대신하여 답합니다. 그 세대는 되돌릴 수 있도록 그대로 남습니다. 따라잡을 때까지 몇 초 기다립니다.
promote-despite-held-means = 지금 답하는 세대보다 보류된 키가 많습니다. 그 민원들은 처리하지 못한 사건이 해결될 때까지 그 사건 이전의 상태로 보입니다. 가능하면 원인을 먼저 해결하십시오.
roll-back-means = 지금 답하는 세대를 대신하여 이 세대가 답합니다. 그동안 갱신되지 않았으나, 이미 보인 것보다 적게 보이는 일은 없으며 스스로 따라잡습니다.
retire-means = 담긴 내용과 함께 삭제되며 되돌릴 수 없습니다. 이 조회 모델의 다른 세대는 남습니다.
plan-events = { $count ->
   *[other] 사건 { $count }건을 반영합니다.
}
plan-events-about = { $count ->
   *[other] 사건 약 { $count }건을 반영합니다.
}
plan-time = 지난번 속도라면 약 { $time } 걸립니다.
plan-time-unknown = 걸리는 시간은 아직 알 수 없습니다. 서비스를 시작한 뒤로 만든 적이 없습니다.
holds-more = 지금 답하는 세대보다 보류된 키가 많습니다. 처리하지 못한 사건을 먼저 해결하거나, 그래도 답하게 할지 결정하십시오.
build-of = 만들기
verification-of = 대조
build-runs = 진행 중
build-done = 완성되어 기록을 따라가는 중, 답하게 하기 전까지 답하지 않음
build-waits = 막혀 있으나 스스로 이어 감
build-stopped = 중지됨
build-failed = 실패
verified-sound = 기록과 같음
verified-different = 기록과 다름
verified-items = { $count ->
   *[other] { $count }개 비교
}
verified-differences = { $count ->
    [0] 다른 것 없음
   *[other] { $count }개 다름
}
folded-count = { $count ->
   *[other] 사건 { $count }건 반영
}
per-second = { $count ->
   *[other] 초당 { $count }건
}
took = { $time } 걸림
time-left = 약 { $time } 남음
time-left-unknown = 남은 시간은 아직 알 수 없음
item-view = 뷰
item-lookup = 찾아보기
item-listed = 목록의 자리
item-count = 집계
item-other = 더 새로운 프로그램의 것
is-missing = 없음
is-unexpected = 있으면 안 됨
is-different = 다름
no-such-generation = 그런 세대가 (더는) 없습니다.
generation-other-fold = 다른 프로그램의 세대입니다. 그 프로그램에서 처리하십시오.
generation-under-way = 다른 세대가 만들어지고 있거나 시작된 뒤 멈추어 있습니다. 먼저 답하게 하거나, 이어서 만들거나, 삭제하십시오. 아무것도 하지 않았습니다.
generation-not-to-be-built = 이어서 만들 것이 없습니다. 답하고 있거나 답했던 세대이거나, 서비스가 스스로 만드는 세대입니다.
verification-under-way = 다른 세대를 대조하고 있습니다. 기다리거나 중지하십시오.
not-under-way = 여기에서는 더 진행되고 있지 않습니다.
generation-changed = 보신 뒤로 다른 세대가 답하고 있습니다. 다시 확인하십시오. 아무것도 하지 않았습니다.
generation-not-ready = 아직 완성되지 않았습니다. 기다리거나 이어서 만드십시오. 아무것도 하지 않았습니다.
generation-behind = 지금 답하는 세대보다 뒤처져 있습니다. 이어서 만들고 따라잡은 뒤 답하게 하십시오. 아무것도 하지 않았습니다.
generation-answers = 답하고 있는 세대입니다. 먼저 다른 세대가 답하게 하십시오. 아무것도 하지 않았습니다.
