"""Reads OSCAL component definitions by the models that NIST's schema was turned into, and says what each holds.

    oscal_read.py FILE…

compliance-trestle's models admit no property that the schema does not have, and hold every text to its pattern. One line a
file: the number of components, of requirements, and of properties.
"""

import json
import sys

from trestle.oscal.component import ComponentDefinition

for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    (key,) = document
    assert key == "component-definition", key
    definition = ComponentDefinition.model_validate(document[key])
    requirements = [
        requirement
        for component in definition.components
        for implementation in component.control_implementations or []
        for requirement in implementation.implemented_requirements
    ]
    properties = sum(len(each.props or []) for each in [*definition.components, *requirements])
    print(len(definition.components), len(requirements), properties)
