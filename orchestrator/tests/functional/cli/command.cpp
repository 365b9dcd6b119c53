// SPDX-License-Identifier: GPL-2.0-or-later
#include "command.hpp"

#include "base/text.hpp"
#include "cli/answer.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace assay::cli {
namespace {

constexpr int longest_ms = 60'000;

void redirect(int fd, const fs::path& path, int flags) {
  constexpr mode_t mode = 0644;
  const int opened = ::open(path.c_str(), flags, mode);
  ::dup2(opened, fd);
  ::close(opened);
}

std::string read_all(const fs::path& path) {
  if (fs::is_character_file(path)) {
    return "";
  }
  const auto text = read_file(path);
  return text ? *text : "(" + text.error().text() + ")";
}

}  // namespace

Running::~Running() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

Ended Running::end() {
  const UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  pollfd ended{process.get(), POLLIN, 0};
  if (::poll(&ended, 1, longest_ms) != 1) {
    ADD_FAILURE() << "it does not end";
    ::kill(pid_, SIGKILL);
  }
  int status = 0;
  ::waitpid(std::exchange(pid_, -1), &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status), read_all(out_), read_all(err_)};
}

void Running::await_stop() const {
  int status = 0;
  ::waitpid(pid_, &status, WUNTRACED);
  ASSERT_TRUE(WIFSTOPPED(status)) << read_all(err_);
}

void Running::go_on() const { ::kill(pid_, SIGCONT); }

OnFakes::OnFakes() {
  write("images/kernels/none", "");
  write("build/meson-private/none", "");
  fs::create_directories(program());
  const auto places = run::find_places("", program());
  for (const auto& part : places->parts) {
    fs::create_directories(part.path.parent_path());
    if (part.path.filename() == "assay-agent") {
      fs::create_symlink(ASSAY_AGENT, part.path);
    } else {
      EXPECT_TRUE(write_file(part.path, ""));
    }
  }
  write("old", run::bz_image("old"));
  write("new", run::bz_image("new"));
  describe(3, run::each_by_itself);
  all_is_well();
}

void OnFakes::all_is_well() {
  cast_ = [](const machine::BootSpec&, unsigned) -> Script { return is_well; };
}

void OnFakes::expect_refused(const Words& words, int code, std::string said) {
  constexpr std::string_view mark = "ROOT";
  for (auto at = said.find(mark); at != std::string::npos; at = said.find(mark)) {
    said.replace(at, mark.size(), root().string());
  }
  const auto ended = assay(words);
  EXPECT_EQ(ended.code, code) << fmt::to_string(fmt::join(words, " "));
  EXPECT_EQ(ended.out, "") << fmt::to_string(fmt::join(words, " "));
  EXPECT_EQ(ended.err, "assay: " + said + "\n");
}

void OnFakes::describe(unsigned trials, std::string_view rule) const {
  write("experiments/two/experiment.toml", run::two_kernels(root(), trials, rule));
}

Running OnFakes::start(const Words& words) {
  const auto said = root() / "said" / std::to_string(started_++);
  const auto out = out_to_.empty() ? write(said.string() + ".out", "") : out_to_;
  const auto err = write(said.string() + ".err", "");
  write(said.string() + ".in", input_);
  std::fflush(nullptr);  // else the copy has it too
  const auto pid = ::fork();
  if (pid == 0) {
    redirect(STDIN_FILENO, said.string() + ".in", O_RDONLY);
    be_program(words, out, err);
  }
  return {pid, out, err};
}

void OnFakes::be_program(const Words& words, const fs::path& out, const fs::path& err) noexcept {
  redirect(STDOUT_FILENO, out, O_WRONLY | O_APPEND);
  redirect(STDERR_FILENO, err, O_WRONLY | O_APPEND);
  for (const auto* variable : {"ASSAY_RESULTS", "ASSAY_BUILD", "KBUILD_OUTPUT"}) {
    ::unsetenv(variable);
  }
  ::setenv("XDG_CACHE_HOME", (root() / "cache").c_str(), 1);
  fs::current_path(root());
  Interrupt interrupt;
  Globals globals(interrupt);
  globals.program_folder = program();
  globals.hypervisors = [this](machine::LibvirtOptions) { return hypervisor(); };
  const int code = answer(globals, words);
  std::fflush(nullptr);
  ::_exit(code);
}

Task<Result<std::unique_ptr<machine::Hypervisor>>> OnFakes::hypervisor() {
  if (!no_hypervisor_.empty()) {
    co_return fail(Failure::infrastructure, "{}", no_hypervisor_);
  }
  auto made = std::make_unique<trial::fake::FakeHypervisor>(scratch_.root());
  made->cast = cast_;
  made->real_agent = real_agent_;
  made->failing_creates = failing_creates_;
  std::unique_ptr<machine::Hypervisor> given = std::move(made);
  co_return given;
}

std::string OnFakes::last_run(const std::string& results) {
  const auto listed = assay({"completion", "bash", "--values", "RUN", "--results", results}).out;
  const auto lines = split(listed, '\n');
  return lines.size() > 1 ? std::string(lines[1]) : "";  // behind "last"
}

void OnFakes::run_it() {
  const auto ended = assay({"run", "two"});
  ASSERT_EQ(ended.code, 0) << ended.err;
}

std::string OnFakes::text_of(const fs::path& name) const { return read_all(root() / name); }

std::vector<std::string> OnFakes::below(const fs::path& folder) const {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : fs::recursive_directory_iterator(root() / folder, error)) {
    paths.push_back(fs::relative(entry.path(), root() / folder).string());
  }
  std::ranges::sort(paths);
  return paths;
}

Task<> is_well(Inside& guest) {
  co_await guest.hello();
  co_await guest.serve();
}

Task<> panics_at_boot(Inside& guest) {
  guest.print("[    0.5] Kernel panic - not syncing: VFS: Unable to mount root fs\n");
  co_await guest.order();
}

Task<> ends_before_hello(Inside& guest) {
  guest.end("guest powered off");
  co_return;
}

Task<> dies_after_hello(Inside& guest) {
  co_await guest.hello();
  guest.print("the last words\n");
  guest.end("guest powered off");
}

Task<> ends_the_program(Inside& guest) {
  co_await guest.hello();
  co_await guest.order();
  ::kill(::getpid(), SIGKILL);
}

Task<> complains(Inside& guest) {
  co_await guest.hello();
  const auto first = co_await guest.order();
  guest.print("[    1.0] BUG: Bad page state in process agent  pfn:00042\n");
  co_await guest.send(link::sample::result(first.value_or(0)));
  co_await guest.serve();
}

Task<> fails_checks(Inside& guest) {
  link::sample::ResultWords words;
  words.check_ok = false;
  co_await guest.hello();
  co_await guest.serve(words);
}

Task<> skips(Inside& guest) {
  link::sample::ResultWords words{wire::Fate::finished, wire::Outcome::skip, "no userfaultfd", true, 0};
  co_await guest.hello();
  co_await guest.serve(words);
}

trial::fake::FakeHypervisor::Cast only_on(std::string variant, Script odd) {
  return [variant = "-" + std::move(variant) + "-", odd = std::move(odd)](const machine::BootSpec& boot,
                                                                          unsigned) -> Script {
    return boot.guest.find(variant) != std::string::npos ? odd : is_well;
  };
}

trial::fake::FakeHypervisor::Cast only_guest(unsigned number, Script odd) {
  return [number, odd = std::move(odd)](const machine::BootSpec&, unsigned n) -> Script {
    return n == number ? odd : is_well;
  };
}

}  // namespace assay::cli
