// SPDX-License-Identifier: GPL-2.0-or-later
#include "worker/program_process.hpp"

#include "contract/context.hpp"
#include "worker/guest_system.hpp"
#include "worker/program_file.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <tuple>
#include <utility>

namespace assay::agent {
namespace {

std::pair<UniqueFd, UniqueFd> make_pipe() {
  std::array<int, 2> fds{-1, -1};
  if (::pipe2(fds.data(), O_CLOEXEC) != 0) {
    throw_errno("create a pipe");
  }
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

void set_oom_score(const char* score) {
  const UniqueFd file(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  [[maybe_unused]] const auto written = ::write(file.get(), score, std::strlen(score));
}

void make_nonblocking(const UniqueFd& fd) {
  if (fd) {
    ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
  }
}

winsize to_winsize(TerminalSize size) {
  winsize result{};
  result.ws_row = size.rows;
  result.ws_col = size.columns;
  return result;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (const auto& text : texts) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): execve() predates const; it does not write
    result.push_back(const_cast<char*>(text.c_str()));
  }
  result.push_back(nullptr);
  return result;
}

}  // namespace

/// What the child makes its stdin, stdout and stderr.
struct ProgramProcess::ChildEnds {
  UniqueFd input;
  UniqueFd output;
  UniqueFd errors;
};

namespace {

enum class Step : std::uint8_t { none, limit, become, enter, execute };

struct StartFailure {
  Step step = Step::none;
  int error = 0;
};

std::string describe(const StartFailure& failure, const ProgramSpec& spec, const std::string& file) {
  if (failure.step == Step::limit) {
    return "cannot enter its cgroup: " + std::string(std::strerror(failure.error));
  }
  if (failure.step == Step::become) {
    return "cannot become the user: " + std::string(std::strerror(failure.error));
  }
  if (failure.step == Step::enter) {
    return "cannot enter " + spec.directory + ": " + std::strerror(failure.error);
  }
  const auto why = why_not_executed(file.starts_with('/') ? file : spec.directory + "/" + file);
  return "cannot execute " + spec.arguments.front() + ": " +
         (why.empty() ? std::strerror(failure.error) : why);
}

/// Text without a line that says who reads it is the shell's, as execvp() has it. Returns when that failed,
/// too.
void execute(const ProgramSpec& spec, const std::string& file, bool shell) {
  const auto arguments = pointers(spec.arguments);
  const auto environment = pointers(spec.environment);
  ::execve(file.c_str(), arguments.data(), environment.data());
  if (errno == ENOEXEC && shell) {
    std::vector<std::string> command{"/bin/sh", file};
    command.insert(command.end(), spec.arguments.begin() + 1, spec.arguments.end());
    ::execve(command.front().c_str(), pointers(command).data(), environment.data());
    errno = ENOEXEC;
  }
}

/// 0, or the errno of what was refused.
int enter_cgroup(const std::string& entrance) {
  if (entrance.empty()) {
    return 0;
  }
  const int file = ::open(entrance.c_str(), O_WRONLY | O_CLOEXEC);
  return file >= 0 && ::write(file, "0", 1) == 1 ? 0 : errno;
}

/// In the child, after fork(). Does not return; tells through `failures` why the program does not run.
[[noreturn]] void become_program(const ProgramSpec& spec, const std::string& file, bool shell,
                                 const std::array<int, 3>& streams, int failures) {
  ::setsid();
  set_oom_score("0");
  if (spec.terminal) {
    ::ioctl(streams[0], TIOCSCTTY, 0);
  }
  // The three may be among 0 to 2 themselves, where the worker had nothing open.
  std::array<int, 3> high{};
  for (std::size_t i = 0; i < high.size(); ++i) {
    high.at(i) = ::fcntl(streams.at(i), F_DUPFD_CLOEXEC, 10);
  }
  for (std::size_t i = 0; i < high.size(); ++i) {
    ::dup2(high.at(i), static_cast<int>(i));
  }
  if (spec.marks[0] >= 0) {
    failures = ::fcntl(failures, F_DUPFD_CLOEXEC, 10);
    const std::array<int, 2> marks{::fcntl(spec.marks[0], F_DUPFD_CLOEXEC, 10),
                                   ::fcntl(spec.marks[1], F_DUPFD_CLOEXEC, 10)};
    ::dup2(marks[0], program_marks_fd);
    ::dup2(marks[1], program_marks_fd + 1);
  }
  ::signal(SIGPIPE, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  StartFailure failure{.step = Step::limit, .error = enter_cgroup(spec.cgroup)};
  if (failure.error == 0) {
    failure = {.step = Step::become, .error = spec.identity ? become(*spec.identity) : 0};
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // another identity would have forgotten it
  if (failure.error == 0) {
    failure.step = Step::enter;
    if (::chdir(spec.directory.c_str()) == 0) {
      failure.step = Step::execute;
      execute(spec, file, shell);
    }
    failure.error = errno;
  }
  [[maybe_unused]] const auto written = ::write(failures, &failure, sizeof failure);
  ::_exit(127);
}

}  // namespace

void ProgramProcess::open_pipes(const ProgramSpec& spec, ChildEnds& child) {
  if (spec.input) {
    std::tie(child.input, input_) = make_pipe();
  } else {
    child.input.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  }
  std::tie(output_, child.output) = make_pipe();
  if (spec.merged) {
    child.errors.reset(::fcntl(child.output.get(), F_DUPFD_CLOEXEC, 3));
  } else {
    std::tie(errors_, child.errors) = make_pipe();
  }
}

void ProgramProcess::open_terminal(const ProgramSpec& spec, ChildEnds& child) {
  output_.reset(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  std::array<char, 64> name{};
  if (!output_ || ::grantpt(output_.get()) != 0 || ::unlockpt(output_.get()) != 0 ||
      ::ptsname_r(output_.get(), name.data(), name.size()) != 0) {
    throw_errno("open a terminal");
  }
  resize(spec.size);
  for (UniqueFd* end : {&child.input, &child.output, &child.errors}) {
    end->reset(::open(name.data(), O_RDWR | O_NOCTTY | O_CLOEXEC));
  }
  if (!child.errors) {
    throw_errno(std::string("open ") + name.data());
  }
  if (spec.input) {
    input_.reset(::fcntl(output_.get(), F_DUPFD_CLOEXEC, 3));
  }
}

/// Pipes and terminal become the user's, who could not open /dev/stdout else.
void ProgramProcess::give_to(const Identity& identity, const ChildEnds& child) const {
  for (const UniqueFd* end : {&child.input, &child.output, &child.errors}) {
    struct stat status{};
    if (::fstat(end->get(), &status) == 0 && (S_ISFIFO(status.st_mode) || terminal_)) {
      [[maybe_unused]] const int given = ::fchown(end->get(), identity.uid, identity.gid);
    }
  }
}

ProgramProcess::ProgramProcess(const ProgramSpec& spec) : terminal_(spec.terminal) {
  ChildEnds child;
  if (spec.terminal) {
    open_terminal(spec, child);
  } else {
    open_pipes(spec, child);
  }
  for (const UniqueFd* end : {&input_, &output_, &errors_}) {
    make_nonblocking(*end);
  }
  if (spec.identity) {
    give_to(*spec.identity, child);
  }
  const auto file = find_program(spec.arguments.front(), spec.environment);
  if (file.empty()) {
    start_error_ = ENOENT;
    what_ = "cannot execute " + spec.arguments.front() + ": PATH of the guest has no such program";
    return;
  }
  if (!spec.terminal) {
    gate_ = std::make_unique<OutputGate>(output_.get(), errors_.get());
  }
  const bool shell = is_for_shell(file);
  auto [failures, tell_failure] = make_pipe();
  set_oom_score("-900");  // memory that the program takes is the program's fault
  pid_ = ::fork();
  if (pid_ < 0) {
    throw_errno("start a process");
  }
  if (pid_ == 0) {
    become_program(spec, file, shell, {child.input.get(), child.output.get(), child.errors.get()},
                   tell_failure.get());
  }
  group_ = pid_;
  tell_failure.reset();
  StartFailure failure;
  if (::read(failures.get(), &failure, sizeof failure) == sizeof failure) {
    start_error_ = failure.error;
    what_ = describe(failure, spec, file);
  }
  // glibc 2.36 declares pidfd_open() without extern "C".
  end_.reset(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  if (!end_) {
    throw_errno("watch a process");
  }
}

ProgramProcess::~ProgramProcess() {
  gate_.reset();
  kill_all();
  if (pid_ > 0) {
    ::waitpid(pid_, nullptr, 0);
  }
}

bool ProgramProcess::reap(int& status, rusage& usage) {
  if (pid_ > 0 && ::wait4(pid_, &status, WNOHANG, &usage) == pid_) {
    pid_ = 0;
    return true;
  }
  return false;
}

void ProgramProcess::kill_all() const {
  if (is_in_guest()) {
    ::kill(-1, SIGKILL);  // spares PID 1 and this process
  } else if (group_ > 0) {
    ::kill(-group_, SIGKILL);
  }
}

void ProgramProcess::resize(TerminalSize size) const {
  if (terminal_) {
    const winsize window = to_winsize(size);
    ::ioctl(output_.get(), TIOCSWINSZ, &window);
  }
}

}  // namespace assay::agent
