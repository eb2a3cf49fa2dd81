// SPDX-License-Identifier: Apache-2.0
#include "rehearsal.hpp"

#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <h2h/base/error.hpp>

namespace h2h {
namespace {

constexpr unsigned kLongest_s = 10;

// Exit codes of the child that no other program is likely to choose.
constexpr int kReturned = 113;
constexpr int kThrew = 114;

[[noreturn]] void perform(const std::function<void()>& act) {
  (void)std::signal(SIGALRM, SIG_DFL);
  ::alarm(kLongest_s);
  int outcome = kReturned;
  try {
    act();
  } catch (const Error&) {
    // It will be thrown again where it can be reported.
  } catch (...) {
    outcome = kThrew;
  }
  ::_exit(outcome);
}

}  // namespace

std::string rehearse(const std::function<void()>& act) {
  const pid_t child = ::fork();
  if (child == 0) perform(act);
  int status = 0;
  while (child > 0 && ::waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waitpid");
  }
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (WIFSIGNALED(status)) {
    const int signal = WTERMSIG(status);
    return signal == SIGALRM ? fmt::format("does not return within {} s", kLongest_s)
                             : fmt::format("crashes ({})", ::strsignal(signal));
  }
  switch (WEXITSTATUS(status)) {
    case kReturned:
      return {};
    case kThrew:
      return "lets an exception escape";
    default:
      return fmt::format("ends the process (exit status {})", WEXITSTATUS(status));
  }
}

}  // namespace h2h
