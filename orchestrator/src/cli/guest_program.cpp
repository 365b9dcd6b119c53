// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/guest_program.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "cli/display.hpp"
#include "cli/messages.hpp"
#include "cli/values.hpp"
#include "experiment/machine_sizes.hpp"
#include "program/read_ahead.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace assay::cli {
namespace {

bool has(const link::Hello& hello, std::string_view capability) {
  const auto found = std::ranges::find(hello.capabilities, capability, &link::Capability::name);
  return found != hello.capabilities.end() && found->available;
}

/// Whether a kernel has transparent huge pages and switched them off for want of memory: hugepage_init() of
/// mm/huge_memory.c does when there is less than 512 MiB beside what the kernel itself and its initramfs
/// take, which is another share for each kernel. The guest knows, but not why: another reason stands in the
/// configuration or on the command line.
bool lacks_huge_pages(const link::Hello& hello, const kernel::Kernel& kernel, const std::string& arguments) {
  constexpr auto enough = mib(640);
  const auto config = kernel.config.empty() ? Result<std::string>(std::string()) : read_file(kernel.config);
  const bool wished =
      arguments.find("transparent_hugepage=") != std::string::npos ||
      (config && config->find("\nCONFIG_TRANSPARENT_HUGEPAGE_NEVER=y\n") != std::string::npos);
  return has(hello, "thp") && !has(hello, "thp-on") && !wished && Bytes(hello.memory) < enough;
}

}  // namespace

void add_guest_options(CLI::App& verb, GuestOptions& options) {
  takes(verb.add_option(
            "-k,--kernel", options.kernel,
            "a variant of images/kernels or a path to a .toml; debian:6.12; a path to a bzImage or to a "
            "folder with a kernel: of a build (O=), /boot, lib/modules/RELEASE"),
        named("KERNEL"))
      ->required();
  takes(verb.add_option("--arch", options.arch, "of the guest (default: what the variant is for)"),
        one_of({"x86_64", "sparc64"}));
  takes(verb.add_option(
            "--memory", options.memory,
            "of the guest, from 64M on; a kernel that has less than 512M beside its own share begins without "
            "transparent huge pages"),
        size(run::least_memory))
      ->capture_default_str();
  takes(verb.add_option("--swap", options.swap, "a disk of this size, /dev/vda, to swap to (default: none)"),
        size(mib(1)));
  takes(verb.add_option("--vcpus", options.vcpus, "of the guest (default: 2, on sparc64 1)"),
        whole_number(1, run::most_vcpus));
  takes(verb.add_option("--nodes", options.nodes,
                        "NUMA nodes that divide vCPUs and memory; the kernel must know nodes (flavour numa)"),
        whole_number(1, experiment::most_nodes))
      ->capture_default_str();
  takes(verb.add_option("--accel", options.accel, "what runs the guest"), one_of({"auto", "kvm", "tcg"}))
      ->capture_default_str();
  takes(verb.add_option("--append", options.kernel_arguments,
                        "more for the kernel's command line; may be repeated"),
        printable_text("TEXT"))
      ->allow_extra_args(false);
  takes(verb.add_option(
            "--module", options.modules,
            "brought along for modprobe, with what it depends on, where all are too many; may be repeated"),
        named("MODULE"))
      ->allow_extra_args(false);
  takes(verb.add_option("-f,--file", options.files,
                        "copied in before the start (a folder with all that is in it); may be repeated"),
        named("HOST:GUEST"));
  takes(verb.add_option("-e,--env", options.environment,
                        "for the program, or NAME with the value it has here; may be repeated"),
        anything("NAME=VALUE"));
  takes(verb.add_option(
            "-u,--user", options.user,
            "NAME or UID that the program runs as, alone or with :GROUP or :GID, by /etc/passwd and "
            "/etc/group of the guest (default: root)"),
        guest_user());
}

Result<std::vector<std::string>> program_environment(const GuestOptions& options) {
  std::vector<std::string> environment{"PATH=/bin:/sbin:/usr/bin:/usr/sbin"};
  if (options.user.empty()) {
    environment.emplace_back("HOME=/root");
  }
  for (const auto& one : options.environment) {
    const std::size_t equals = one.find('=');
    const auto name = one.substr(0, equals);
    const char* here = equals == std::string::npos ? std::getenv(name.c_str()) : nullptr;
    if (name.empty() || (equals == std::string::npos && here == nullptr)) {
      return fail(Failure::usage,
                  "cannot understand --env {}: write NAME=VALUE, or the NAME of a variable set here", one);
    }
    std::erase_if(environment, [&](const auto& other) { return other.starts_with(name + "="); });
    environment.push_back(equals == std::string::npos ? name + "=" + here : one);
  }
  return environment;
}

Result<std::vector<program::FileIn>> files_in(const std::vector<std::string>& given) {
  std::vector<program::FileIn> files;
  for (const auto& text : given) {
    auto some = program::parse_file_in(text);
    if (!some) {
      return some.error();
    }
    std::ranges::move(*some, std::back_inserter(files));
  }
  return files;
}

Task<Result<GuestProgramEnd>> run_guest_program(Globals& globals, const Places& places, GuestOptions options,
                                                std::string what, program::Request request,
                                                program::Streams& streams) {
  using namespace asio::experimental::awaitable_operators;
  const auto name = options.kernel;
  const auto wished_memory = options.memory;
  const auto arguments = options.arguments();
  const auto memory = experiment::parse_mebibytes(options.memory, run::least_memory);
  if (!memory) {
    co_return memory.error().within("understand --memory");
  }
  // Held until the guest has them.
  auto read = co_await (program::read_ahead(request.files, *memory) || globals.interrupt.wait());
  if (auto* const spools = std::get_if<0>(&read); spools == nullptr || !*spools) {
    co_return spools == nullptr ? fail(Failure::interrupted, "interrupted") : spools->error();
  }
  Display display(globals);
  auto session = globals.session(places, display);
  auto prepared = co_await run::prepare_guest(session, std::move(options), std::move(what));
  if (!prepared) {
    co_return prepared.error();
  }
  if (!globals.quiet && !prepared->agent.note.empty()) {
    display.on_note(prepared->agent.note);
  }
  const auto console = prepared->spec.boot.console_log;
  request.on_hello = [&](const link::Hello& hello) {
    if (!globals.quiet && lacks_huge_pages(hello, prepared->kernel, arguments)) {
      display.on_note(
          fmt::format("with --memory {} the kernel begins without transparent huge pages: it has less than "
                      "512 MiB beside its own share",
                      wished_memory));
    }
  };
  auto ran = co_await program::run_in_guest(*prepared->hypervisor, std::move(prepared->spec),
                                            globals.interrupt, std::move(request), streams);
  auto closed = co_await prepared->hypervisor->close();
  if (!ran) {
    co_return ran.error().kind() == Failure::boot ? ran.error().within("boot " + name) : ran.error();
  }
  if (!closed) {
    tell(closed.error().text());
  }
  GuestProgramEnd end{std::move(*ran), console};
  co_return end;
}

void tell_findings(const GuestProgramEnd& end) {
  for (const auto& report : end.run.findings) {
    tell(fmt::format("the guest's kernel reported ({}):\n{}", report.fingerprint, printable(report.text)));
  }
  if (end.run.died) {
    tell("the guest died: " + printable(end.run.died->why));
  }
  if (end.run.died && end.run.findings.empty()) {
    tell("its last console lines were:\n" + printable(end.run.died->last_lines));
  }
  if (end.run.died || !end.run.findings.empty()) {
    tell("its console is in " + shown(end.console));
  }
}

}  // namespace assay::cli
