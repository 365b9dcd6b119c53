// SPDX-License-Identifier: GPL-2.0-or-later
#include "kernel/source_git.hpp"

#include "base/files.hpp"
#include "base/hash.hpp"
#include "base/process.hpp"
#include "base/text.hpp"
#include "kernel/git.hpp"
#include "kernel/left_out.hpp"

#include <algorithm>

namespace assay::kernel {
namespace {

Task<Result<std::string>> git(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "git");
  return run_git(std::move(arguments), Settings::user);
}

/// One process at a time works in a repository of ours.
Task<Result<FileLock>> lock_repository(fs::path repository) {
  if (auto made = make_directories(repository.parent_path()); !made) {
    co_return made.error();
  }
  constexpr auto between_tries = std::chrono::milliseconds(200);
  while (true) {
    auto lock = FileLock::try_acquire(repository.string() + ".lock");
    if (!lock) {
      co_return lock.error();
    }
    if (*lock) {
      co_return std::move(**lock);
    }
    co_await pause_for(between_tries);
  }
}

fs::path repository_of(const fs::path& cache, std::string_view what) {
  return cache / "git" / (sha256(what).substr(0, 16) + ".git");
}

Task<Status> create_repository(fs::path repository) {
  std::error_code error;
  if (fs::exists(repository / "HEAD", error)) {
    co_return Status();
  }
  std::vector<std::string> made_words = {"init", "--quiet", "--bare", repository.string()};
  auto made = co_await git(std::move(made_words));
  if (!made) {
    co_return made.error();
  }
  co_return Status();
}

bool is_commit_id(std::string_view revision) {
  return revision.size() == 40 && std::all_of(revision.begin(), revision.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

/// Commit and tree of `revision` in the repository at `folder`.
Task<Result<SourceInput>> resolve(fs::path folder, std::string revision) {
  SourceInput source;
  source.kind = SourceKind::git;
  const std::string git_dir = "--git-dir=" + folder.string();
  std::vector<std::string> commit_words = {git_dir,   "rev-parse",        "--verify",
                                           "--quiet", "--end-of-options", revision + "^{commit}"};
  auto commit = co_await git(std::move(commit_words));
  if (!commit) {
    std::vector<std::string> shallow_words = {git_dir, "rev-parse", "--is-shallow-repository"};
    const auto shallow = co_await git(std::move(shallow_words));
    co_return fail(
        Failure::usage, "there is no revision \"{}\" in {}{}", printable(revision), folder.string(),
        shallow && *shallow == "true" ? ", which has only the last part of its history: git fetch --unshallow"
                                      : "");
  }
  std::vector<std::string> tree_words = {git_dir, "rev-parse", "--verify", "--quiet", *commit + "^{tree}"};
  auto tree = co_await git(std::move(tree_words));
  if (!tree) {
    co_return tree.error();
  }
  source.path = std::move(folder);
  source.commit = std::move(*commit);
  source.tree = std::move(*tree);
  source.sha256 = sha256("git tree " + source.tree);
  co_return source;
}

/// `what` of the remote as `kept` in the repository.
Task<Result<SourceInput>> fetch_one(fs::path repository, std::string where, std::string what,
                                    std::string kept) {
  std::vector<std::string> words = {"--git-dir=" + repository.string(),
                                    "fetch",
                                    "--quiet",
                                    "--depth=1",
                                    "--no-tags",
                                    "--",
                                    where,
                                    "+" + what + ":" + kept};
  const auto fetched = co_await git(std::move(words));
  if (!fetched) {
    co_return fetched.error().within("fetch " + what + " of " + where);
  }
  co_return co_await resolve(std::move(repository), std::move(kept));
}

/// Commits and tags stay what they are: they are fetched once. Anything else is asked for each time, and what
/// was fetched last does when that fails.
Task<Result<SourceInput>> fetch(SourceSpec spec, fs::path cache) {
  const auto repository = repository_of(cache, spec.where);
  auto lock = co_await lock_repository(repository);
  if (!lock) {
    co_return lock.error();
  }
  if (auto created = co_await create_repository(repository); !created) {
    co_return created.error();
  }
  const auto name = sha256(spec.revision).substr(0, 16);
  const auto fixed = "refs/assay/fixed-" + name;
  const auto moving = "refs/assay/moving-" + name;
  auto source = co_await resolve(repository, fixed);
  if (!source) {
    const auto what = (is_commit_id(spec.revision) ? "" : "refs/tags/") + spec.revision;
    source = co_await fetch_one(repository, spec.where, what, fixed);
  }
  if (!source && !is_commit_id(spec.revision)) {
    source = co_await fetch_one(repository, spec.where, spec.revision, moving);
  }
  if (!source) {
    auto last = co_await resolve(repository, moving);
    co_return last ? last : source;
  }
  co_return source;
}

bool is_path(const std::string& where) { return where.find(':') == std::string::npos || fs::exists(where); }

/// git refuses repositories of other users, which is no reason to say that there is none.
Error why_no_repository(const fs::path& tree, std::string_view words) {
  constexpr std::string_view refused = "dubious ownership in repository at '";
  const auto at = words.find(refused);
  if (at == std::string_view::npos) {
    return fail(Failure::usage, "{} is no git repository: {}", tree.string(), words);
  }
  const auto place = words.substr(at + refused.size());
  return fail(
      Failure::usage,
      "git does not read {0}, as it belongs to another user; if you trust it: git config --global --add "
      "safe.directory {0}",
      place.substr(0, place.find('\'')));
}

/// What a build leaves in a kernel's tree, for trees whose own .gitignore does not say it.
constexpr std::string_view build_products =
    "*.o\n*.a\n*.ko\n*.cmd\n*.d\n*.mod\n*.mod.c\n*.order\n*.symvers\n*.so\n*.so.dbg\n*.dtb\n*.elf\n"
    ".tmp_*\n/.config*\n/.git\n/vmlinux*\n/System.map\n/include/config\n/include/generated\n"
    "/arch/*/include/generated\n/arch/*/boot/*mage\n";

/// Snapshots of one directory, in a repository of ours.
class Snapshot {
 public:
  Snapshot(fs::path directory, fs::path repository, std::string left_out)
      : directory_(std::move(directory)),
        repository_(std::move(repository)),
        left_out_(std::move(left_out)) {}

  /// The name of the tree that stands there now.
  Task<Result<std::string>> take() {
    if (auto prepared = co_await prepare(); !prepared) {
      co_return prepared.error();
    }
    auto asked = words({"check-ignore", "--quiet", "Makefile"});
    const auto ignored = co_await run_git(std::move(asked), Settings::none);
    auto add = ignored ? listing_words() : words({"add", "--all", "--", "."});
    const auto added = co_await run_git(std::move(add), Settings::none);
    if (!added) {
      co_return added.error();
    }
    auto write = words({"write-tree"});
    co_return co_await run_git(std::move(write), Settings::none);
  }

 private:
  Task<Status> prepare() {
    if (auto created = co_await create_repository(repository_); !created) {
      co_return created;
    }
    std::error_code error;
    fs::remove(repository_ / "index.lock", error);  // of one that was killed; the lock is ours
    if (auto written = write_file(repository_ / "info/exclude", left_out_); !written) {
      co_return written;
    }
    co_return write_file(repository_ / "products", left_out_ + std::string(build_products));
  }

  [[nodiscard]] std::vector<std::string> words(const std::vector<std::string>& command) const {
    std::vector<std::string> all = {"git",
                                    "-C",
                                    directory_.string(),
                                    "--git-dir=" + repository_.string(),
                                    "--work-tree=" + directory_.string(),
                                    "-c",
                                    "core.bare=false",
                                    "-c",
                                    "core.compression=1",
                                    "-c",
                                    "core.safecrlf=false",
                                    "-c",
                                    "gc.auto=0",
                                    "-c",
                                    "advice.addEmbeddedRepo=false"};
    all.insert(all.end(), command.begin(), command.end());
    return all;
  }

  /// Debian's source packages ship a .gitignore that ignores all but debian/: there a list of our own
  /// decides.
  [[nodiscard]] std::vector<std::string> listing_words() const {
    constexpr const char* script =
        "set -o pipefail; \"$@\" ls-files -z --cached --others --exclude-from=\"$0\" | \"$@\" update-index "
        "-z --add "
        "--remove --stdin";
    std::vector<std::string> all = {"bash", "-c", script, (repository_ / "products").string()};
    const auto common = words({});
    all.insert(all.end(), common.begin(), common.end());
    return all;
  }

  fs::path directory_;
  fs::path repository_;
  std::string left_out_;
};

}  // namespace

Task<Result<SourceInput>> find_revision(fs::path tree, std::string revision) {
  std::error_code error;
  if (!fs::is_directory(tree, error)) {
    co_return fail(Failure::usage, "there is no folder {}", tree.string());
  }
  std::vector<std::string> folder_words = {"-C", tree.string(), "rev-parse", "--absolute-git-dir"};
  auto folder = co_await git(std::move(folder_words));
  if (!folder) {
    co_return why_no_repository(tree, folder.error().text());
  }
  co_return co_await resolve(*folder, std::move(revision));
}

Task<Status> check_revision(SourceInput source, std::vector<std::string> files) {
  std::vector<std::string> missing;
  for (const auto& file : files) {
    std::vector<std::string> words = {"--git-dir=" + source.path.string(), "cat-file", "-e",
                                      source.tree + ":" + file};
    if (const auto there = co_await git(std::move(words)); !there) {
      missing.push_back(file);
    }
  }
  co_return missing.empty() ? Status() : fail(Failure::usage, "there is no {} in it", listed(missing));
}

Task<Result<SourceInput>> freeze_directory(fs::path directory, fs::path cache, bool whole) {
  auto source = co_await snapshot_directory(directory, std::move(cache), whole);
  if (!source) {
    co_return source;
  }
  // Nothing of the day or of the user: the same tree gives the same commit.
  std::vector<std::string> words = {"env",
                                    "GIT_AUTHOR_NAME=assay",
                                    "GIT_AUTHOR_EMAIL=",
                                    "GIT_AUTHOR_DATE=1970-01-01T00:00:00Z",
                                    "GIT_COMMITTER_NAME=assay",
                                    "GIT_COMMITTER_EMAIL=",
                                    "GIT_COMMITTER_DATE=1970-01-01T00:00:00Z",
                                    "git",
                                    "--git-dir=" + source->path.string(),
                                    "commit-tree",
                                    "-m",
                                    "snapshot of " + directory.string(),
                                    source->tree};
  auto commit = co_await run_git(std::move(words), Settings::none);
  if (!commit) {
    co_return commit.error().within("take a snapshot of " + directory.string());
  }
  source->commit = std::move(*commit);
  co_return source;
}

Task<Result<SourceInput>> find_git(SourceSpec spec, fs::path cache) {
  if (!is_path(spec.where)) {
    co_return co_await fetch(std::move(spec), std::move(cache));
  }
  co_return co_await find_revision(spec.where, spec.revision);
}

Task<Result<SourceInput>> snapshot_directory(fs::path directory, fs::path cache, bool whole) {
  std::error_code error;
  const auto real = fs::canonical(directory, error);
  if (error || !fs::is_directory(real, error)) {
    co_return fail(Failure::usage, "there is no folder {}", directory.string());
  }
  const auto repository = repository_of(cache, real.string() + (whole ? " whole" : ""));
  auto lock = co_await lock_repository(repository);
  if (!lock) {
    co_return lock.error();
  }
  Snapshot snapshot(real, repository, whole ? "" : left_out_for_git());
  auto tree = co_await snapshot.take();
  if (!tree) {
    co_return tree.error().within("take a snapshot of " + real.string());
  }
  SourceInput source;
  source.kind = SourceKind::directory;
  source.path = repository;
  source.tree = std::move(*tree);
  source.sha256 = sha256("git tree " + source.tree);
  co_return source;
}

}  // namespace assay::kernel
