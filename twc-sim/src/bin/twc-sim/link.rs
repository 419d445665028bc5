//! The symbolic link that gives a pseudo-terminal a lasting name.

use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// A link we made; it goes when we go, unless somebody turned it elsewhere.
#[derive(Debug)]
pub(crate) struct Link {
    path: PathBuf,
    target: PathBuf,
}

impl Link {
    /// Makes a link at `path`. A stale one there is replaced, anything else is left alone.
    pub(crate) fn place(path: &Path, target: &Path) -> Result<Self, Failure> {
        let link = Self { path: path.to_owned(), target: target.to_owned() };
        match path.symlink_metadata() {
            Ok(found) if !found.is_symlink() => return Err(occupied(path, "is there and no symbolic link")),
            Ok(_) if !is_stale(path) => return Err(occupied(path, "is a symbolic link to something else")),
            Ok(_) => link.replace(),
            Err(_) => symlink(target, path),
        }
        .map_err(|error| Failure::Link(format!("cannot make the link {}: {error}", path.display())))?;
        Ok(link)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Lets the link point to `target` from now on; at no moment is there none.
    pub(crate) fn turn_to(&mut self, target: &Path) -> io::Result<()> {
        target.clone_into(&mut self.target);
        self.replace()
    }

    fn replace(&self) -> io::Result<()> {
        let mut name = self.path.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{}", std::process::id()));
        let aside = self.path.with_file_name(name);
        symlink(&self.target, &aside)?;
        std::fs::rename(&aside, &self.path).inspect_err(|_| drop(std::fs::remove_file(&aside)))
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        if std::fs::read_link(&self.path).is_ok_and(|target| target == self.target) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn occupied(path: &Path, what: &str) -> Failure {
    Failure::Link(format!("{} {what}; remove it or choose another name for --pty", path.display()))
}

/// Left behind by a simulator that was killed: it points nowhere, or to a terminal whose number is in use again.
fn is_stale(path: &Path) -> bool {
    !path.exists() || std::fs::read_link(path).is_ok_and(|target| target.starts_with("/dev/pts"))
}
