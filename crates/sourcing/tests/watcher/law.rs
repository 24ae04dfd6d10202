//! The laws a watcher knows.

use std::fmt;

macro_rules! laws {
    ($($(#[doc = $doc:literal])+ $name:ident = $word:literal,)+) => {
        /// What holds whatever the parties do. The numbers are those of the domain rules, §2.8; a law
        /// without a number is the sentence of §2.3 or §2.5 it quotes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Law {
            $($(#[doc = $doc])+ $name,)+
        }

        impl Law {
            pub const ALL: &'static [Law] = &[$(Law::$name,)+];

            pub fn name(self) -> &'static str {
                match self { $(Law::$name => $word,)+ }
            }
        }
    };
}

laws! {
    /// Parts sum to what is needed, and lots to what is signed.
    Conservation = "1 conservation",
    /// Nobody commits to more than it declared.
    NoOverAward = "2 no over-award",
    /// Others sign only what is exempt, released or ordered.
    Safety = "3 safety",
    /// An exercise that counts is the holder's, in time, unconditional and of what may be taken.
    ExerciseCounts = "4 an exercise counts only if it may",
    /// What a holder took stays taken.
    Irrevocable = "5 an exercise is irrevocable",
    /// Windows are as long as agreed, and no deadline moves earlier.
    Windows = "6 windows",
    /// Whatever runs ends by the clock alone; what stands still goes on once somebody acts.
    Liveness = "7 liveness",
    /// Silence yields exactly one lapse.
    OneLapse = "8 one lapse",
    /// Nothing better for others is signed without another round.
    NewRound = "9 a material improvement is a new round",
    /// What happens in one case leaves the others.
    CasesApart = "10 one case leaves the others",
    /// A case is evaluated under what it is pinned to.
    Pinned = "11 pinned version",
    /// After the free window nobody signs without a new notice.
    FreeWindow = "12 nothing after the free window",
    /// Of equal terms the holder's win.
    Ties = "13 the holder wins ties",
    /// A repeated command changes nothing.
    Idempotence = "16 idempotence",
    /// The journal alone gives the book.
    Replay = "17 replay",
    /// No holder sees a rival where it is asked blind.
    Blind = "18 blind",
    /// Damages for delay stay under their cap.
    DamagesCap = "20 damages under the cap",
    /// A pause freezes the time that is left.
    Paused = "23 a pause freezes what is left",
    /// Every change says why it is allowed.
    Explained = "24 every change is explained",
    /// "Anything not listed is rejected": only the edges of §2.3.
    Listed = "§2.3 only listed transitions",
    /// The column "issuer" of §2.3.
    Issuer = "§2.3 only its issuer issues a command",
    /// "Commands are ordered", §2.5 rule 5.
    Order = "§2.5 events are in order",
}

impl fmt::Display for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
