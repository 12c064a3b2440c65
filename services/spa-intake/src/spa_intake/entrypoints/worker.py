"""What spa-intake's worker does with each event of the others, and with each timer: the one table of both."""

from functools import partial

from homeward_kit.handling import HandlerTable
from homeward_kit.timers import TimerTable
from spa_intake.adapters.events import consumed as heard
from spa_intake.settings import RuleSettings
from spa_intake.use_cases.assessing import LAPSE
from spa_intake.use_cases.close_after_readmission import TIMER, close_after_readmission
from spa_intake.use_cases.close_after_watch import close_after_watch
from spa_intake.use_cases.close_unsuitable import close_unsuitable
from spa_intake.use_cases.follow_case import follow_case
from spa_intake.use_cases.follow_package import follow_package
from spa_intake.use_cases.follow_watch import follow_watch
from spa_intake.use_cases.lapse_criteria import lapse_criteria
from spa_intake.use_cases.note_readmission import note_readmission
from spa_intake.use_cases.return_to_ward import return_to_ward
from spa_intake.use_cases.take_back_readmission import take_back_readmission

POLICY = RuleSettings().policy()

HANDLERS: HandlerTable = {
    heard.CaseOpened: follow_case,
    heard.AssessmentRecorded: follow_case,
    heard.PathwayDecided: follow_case,
    heard.CaseTargetSet: follow_case,
    heard.CasePaused: follow_case,
    heard.CaseResumed: follow_case,
    heard.CaseReturned: return_to_ward,
    heard.CaseReopened: follow_case,
    heard.CaseClosed: close_unsuitable,
    heard.PackageOpened: follow_package,
    heard.PackageAgreed: follow_package,
    heard.PackageUnfilled: follow_package,
    heard.PackageReopened: follow_package,
    heard.PackageHeld: follow_package,
    heard.PackageResumed: follow_package,
    heard.PackageStarted: follow_package,
    heard.PackageHandedBack: follow_package,
    heard.PackageEnded: follow_package,
    heard.PackageCancelled: follow_package,
    heard.WatchStarted: follow_watch,
    heard.ReadmissionDetected: partial(note_readmission, policy=POLICY),
    heard.ReadmissionRetracted: take_back_readmission,
    heard.WatchCompleted: close_after_watch,
    heard.WatchEnded: follow_watch,
    heard.WatchVoided: take_back_readmission,
}
TIMERS: TimerTable = {TIMER: close_after_readmission, LAPSE: lapse_criteria}
