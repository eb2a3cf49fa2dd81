// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <h2h/run/run.hpp>
#include <h2h/scenario/scenario_run.hpp>
#include <h2h/study/inputs.hpp>

namespace h2h {

// Points whose frames follow one another.

/// The scenario of a point, with what the study says in the place of the scenario's own. Of a point without a
/// scenario everything is on.
Scenario scenario_of(const StudyInputs& inputs, Study::PointIndex point);

/// How a point's frames are run.
SequenceOptions sequence_options(const StudyInputs& inputs, Study::PointIndex point);

/// The last phase as a run of a frame alone, with the bound of that phase's problem; evaluations are those of
/// all phases.
Run run_of_last_phase(const ScenarioRun& run);

}  // namespace h2h
