// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <h2h/report/scenario.hpp>

#include "options.hpp"

namespace h2h::cli {

/// What options ask about frames that follow one another.
struct StreamRequest {
  std::int64_t frames = 0;  ///< 0: as the scenario says, or one
  std::string period;
  std::string arrivals;
  std::string deadline;
  std::string remap;
  std::string evict;
};

void add_stream_options(CLI::App& app, Options& options, StreamRequest& request);

/// Whether several frames are asked for, or a scenario.
/// @throws Error (usage) for options of a stream without one
bool is_stream(const Options& options, const StreamRequest& request);

/// Everything of a stream that does not depend on the mapper.
class StreamSession {
 public:
  /// Reads scenario and inputs. @throws Error
  StreamSession(Options options, const StreamRequest& request, const Registry& registry);
  StreamSession(const StreamSession&) = delete;
  StreamSession& operator=(const StreamSession&) = delete;

  const Inputs& inputs() const { return inputs_; }
  const FrameSequence& sequence() const { return sequence_; }

  /// A run as it was asked for.
  ScenarioRun run(const Mapper& mapper);
  /// One with another way of remapping.
  ScenarioRun run(const Mapper& mapper, Remap remap);
  /// The run that was asked for, and where something switches, those by the other ways of remapping, without
  /// their sustainable rates.
  std::vector<ScenarioRun> run_every_way(const Mapper& mapper);

  /// A report without runs as yet.
  ScenarioReport report() const;

 private:
  void set_up(const StreamRequest& request);
  ScenarioRun run(const Mapper& mapper, const SequenceOptions& options);

  Options options_;
  InputFile scenario_file_;
  std::optional<Scenario> scenario_;
  Inputs inputs_;
  FrameSequence sequence_;
  SequenceOptions sequence_options_;
  Arrivals arrivals_ = Arrivals::periodic;
  std::optional<double> period_s_;
  std::unique_ptr<Evaluator> evaluator_;
};

/// Maps and runs frames by every mapper that the options name, and writes what they ask for.
void run_stream(const Options& options, const StreamRequest& request, const Registry& registry);

}  // namespace h2h::cli
