// SPDX-License-Identifier: Apache-2.0
#include "cbc.hpp"

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <boost/algorithm/string/split.hpp>
#include <boost/algorithm/string/trim.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <h2h/base/error.hpp>
#include <h2h/base/files.hpp>

namespace h2h::bounds {
namespace fs = std::filesystem;

namespace {

/// CBC's own limit comes first; when so much more time has passed, it is killed.
constexpr double kGrace = 1.25;
constexpr double kGrace_s = 2;

[[noreturn]] void fail(const std::string& why) {
  throw Error(ErrorKind::internal, fmt::format("the solver cbc {}", why),
              "the default bound needs no solver");
}

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "h2h-cbc-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
      throw Error(ErrorKind::input,
                  fmt::format("no folder can be made in {}", fs::temp_directory_path().string()),
                  "the solver's files go there; set TMPDIR");
    }
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

/// A process that ends with this object, and with the process that made it.
class Child {
 public:
  Child(std::vector<std::string> arguments, const fs::path& log) {
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    const pid_t parent = ::getpid();
    id_ = ::fork();
    if (id_ < 0) fail("cannot be started");
    if (id_ > 0) return;
    // Only what is safe between fork and exec.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(kNotStarted);
    const int in = ::open("/dev/null", O_RDONLY);
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, S_IRUSR | S_IWUSR);
    ::dup2(in, STDIN_FILENO);
    ::dup2(out, STDOUT_FILENO);
    ::dup2(out, STDERR_FILENO);
    ::execv(pointers.front(), pointers.data());
    ::_exit(kNotStarted);
  }
  ~Child() {
    if (id_ <= 0) return;
    ::kill(id_, SIGKILL);
    ::waitpid(id_, nullptr, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  /// Waits until it ends. @returns its status as waitpid gives it; nothing if it still runs then
  std::optional<int> wait(double seconds) {
    using Clock = std::chrono::steady_clock;
    const auto end = Clock::now() + std::chrono::duration<double>(seconds);
    while (Clock::now() < end) {
      int status = 0;
      const pid_t ended = ::waitpid(id_, &status, WNOHANG);
      if (ended == id_) {
        id_ = -1;
        return status;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return std::nullopt;
  }

 private:
  static constexpr int kNotStarted = 127;
  pid_t id_ = -1;
};

/// Runs CBC on a program with further arguments. @returns what it wrote, in whole lines
std::vector<std::string> run(const fs::path& executable, const LinearProgram& program, bool relaxed,
                             const fs::path& folder, double time_s, std::vector<std::string> what) {
  const fs::path model = folder / "model.mps";
  {
    std::ofstream out(model);
    program.write_mps(out, relaxed);
    if (!out.flush()) {
      throw Error(ErrorKind::input, Location{model.string()}, "cannot be written",
                  "is the disk full? set TMPDIR");
    }
  }
  std::vector<std::string> arguments = {executable.string(), model.string(), "-timeMode",
                                        "elapsed",           "-sec",         fmt::format("{}", time_s)};
  arguments.insert(arguments.end(), what.begin(), what.end());
  const fs::path log = folder / "log";
  std::optional<int> status;
  {
    Child child(arguments, log);
    status = child.wait(time_s * kGrace + kGrace_s);
  }
  std::vector<std::string> lines;
  if (fs::exists(log)) {
    const std::string text = read_file(log);
    boost::split(lines, text, [](char c) { return c == '\n'; });
  }
  if (status && (!WIFEXITED(*status) || WEXITSTATUS(*status) != 0)) {
    std::string last;
    for (std::string& line : lines) {
      if (!boost::trim_copy(line).empty()) last = boost::trim_copy(line);
    }
    fail(fmt::format("{} {}{}", WIFEXITED(*status) ? "ended with status" : "was ended by signal",
                     WIFEXITED(*status) ? WEXITSTATUS(*status) : WTERMSIG(*status),
                     last.empty() ? "" : fmt::format(" ('{}')", last)));
  }
  return lines;
}

/// The number behind a phrase in a line.
std::optional<double> number_behind(const std::string& line, const std::string& phrase) {
  const std::size_t at = line.find(phrase);
  if (at == std::string::npos) return std::nullopt;
  std::istringstream rest(line.substr(at + phrase.size()));
  double value = 0;
  if (rest >> value) return value;
  return std::nullopt;
}

}  // namespace

Cbc::Cbc() {
  std::vector<std::string> folders;
  const char* const path = std::getenv("PATH");
  boost::split(folders, path == nullptr ? std::string() : std::string(path), [](char c) { return c == ':'; });
  for (const std::string& folder : folders) {
    const fs::path candidate = fs::path(folder) / "cbc";
    std::error_code ignored;
    if (!folder.empty() && fs::is_regular_file(candidate, ignored) &&
        ::access(candidate.c_str(), X_OK) == 0) {
      executable_ = fs::absolute(candidate);
      return;
    }
  }
  throw Error(ErrorKind::usage, "the solver 'cbc' is not on the PATH",
              "install it (Debian: apt install coinor-cbc), or use --bound quick or exact, which need none");
}

double Cbc::relaxed_bound(const LinearProgram& program, double time_s) const {
  const TemporaryFolder folder;
  const fs::path solution = folder.path() / "solution";
  run(executable_, program, true, folder.path(), time_s,
      {"-initialSolve", "-printingOptions", "all", "-solution", solution.string()});
  std::ifstream in(solution);
  if (!in) fail("found no solution in its time");
  // After a headline: number, name, activity, multiplier; marked by ** where a row is violated.
  std::vector<double> multipliers(program.rows());
  std::string line;
  std::getline(in, line);
  while (std::getline(in, line)) {
    if (const std::size_t mark = line.find("**"); mark != std::string::npos) line.erase(0, mark + 2);
    std::istringstream fields(line);
    std::size_t number = 0;
    std::string name;
    double activity = 0;
    double multiplier = 0;
    if (!(fields >> number >> name >> activity >> multiplier)) continue;
    if (!name.starts_with('r') || number >= multipliers.size()) continue;
    multipliers[number] = multiplier;
  }
  return program.proven_by(multipliers);
}

std::optional<IntegerBound> Cbc::integer_bound(const LinearProgram& program, double time_s) const {
  const TemporaryFolder folder;
  // Only what stands at the end: before, CBC reports on partial problems, too.
  bool is_result = false;
  bool is_optimal = false;
  std::optional<double> claimed;
  for (const std::string& line :
       run(executable_, program, false, folder.path(), time_s, {"-heur", "off", "-solve"})) {
    if (line.starts_with("Result - ")) {
      is_result = true;
      is_optimal = line.find("Optimal") != std::string::npos;
      if (line.find("infeasible") != std::string::npos)
        fail("calls a program infeasible that has a solution");
    }
    if (!is_result) continue;
    if (const auto value = number_behind(line, is_optimal ? "Objective value:" : "Lower bound:"))
      claimed = value;
  }
  if (!claimed) return std::nullopt;
  // Lower bounds are printed to three decimals; CBC allows errors of 1e-6 in integers and 1e-7 in rows.
  constexpr double kPrinted = 5e-4;
  constexpr double kTolerance = 1e-3;
  return IntegerBound{*claimed - kTolerance - (is_optimal ? 0 : kPrinted), is_optimal};
}

}  // namespace h2h::bounds
