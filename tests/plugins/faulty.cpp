// SPDX-License-Identifier: Apache-2.0
//
// A plug-in that does what no plug-in should, as the environment variable H2H_TEST_FAULT says.

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>

#include <h2h/plugin/plugin.hpp>

namespace {

std::string fault() {
  const char* const name = std::getenv("H2H_TEST_FAULT");
  return name == nullptr ? "" : name;
}

struct OnLoading {
  OnLoading() {
    if (fault() == "crash") std::raise(SIGSEGV);
    if (fault() == "abort") std::abort();
    if (fault() == "exit") std::_Exit(0);
    if (fault() == "exception") throw std::runtime_error("from a constructor");
    if (fault() == "hang") std::this_thread::sleep_for(std::chrono::hours(1));
  }
};
const OnLoading kOnLoading;

/// Fails when it runs.
class Failing : public h2h::MappingStep {
 public:
  h2h::StepResult run(const h2h::Problem& problem, const h2h::Mapping& /*mapping*/,
                      h2h::StepContext& /*context*/) const override {
    if (fault() == "run-throws") throw std::runtime_error("no idea");
    if (fault() == "run-throws-number") throw 42;
    if (fault() == "run-returns-nothing") return {};
    return {h2h::Mapping::none(problem)};
  }
};

h2h::StepFamily step(std::string name) {
  return {
      std::move(name), "fails", "", {}, [](const h2h::Section&) -> std::shared_ptr<const h2h::MappingStep> {
        if (fault() == "makes-none") return nullptr;
        return std::make_shared<const Failing>();
      }};
}

}  // namespace

H2H_PLUGIN(faulty) {
  if (fault() == "throws") throw std::runtime_error("there is no licence");
  if (fault() == "throws-number") throw 42;
  if (fault() == "throws-error") throw h2h::Error(h2h::ErrorKind::usage, "cannot count", "learn it");
  if (fault() == "twice") registry.add_step(step("failing"));
  if (fault() == "no-factory") registry.add_step({"empty", "", "", {}, nullptr});
  if (fault() == "no-name") registry.add_mapper({});
  if (fault() == "bad-name") registry.add_step(step("a+b"));
  if (fault() == "taken") registry.add_step(step("weight-locality"));
  if (fault() == "taken-by-plugin") registry.add_step(step("first-fit"));
  registry.add_step(step("failing"));
}
